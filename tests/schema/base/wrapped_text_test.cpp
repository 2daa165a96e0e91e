// SPDX-License-Identifier: Apache-2.0
#include "schema/base/wrapped_text.hpp"

#include <boost/test/unit_test.hpp>

#include "schema/base/printable.hpp"

namespace valhalla::tests {

BOOST_AUTO_TEST_SUITE(base_wrapped_text)

BOOST_AUTO_TEST_CASE(clipped_text_fits_and_shows_that_it_was_clipped) {
    BOOST_TEST(clip("short", 5) == "short");
    BOOST_TEST(clip("longer", 5) == "long…");
    BOOST_TEST(clip("two words", 5) == "two…");
    BOOST_TEST(clip("東京都", 4) == "東…");
    BOOST_TEST(clip("東京都", 2) == "…");
    BOOST_TEST(clip("any", 0).empty());
}

BOOST_AUTO_TEST_CASE(wrapped_lines_break_at_spaces) {
    const std::vector<std::string> expected{"the quick", "brown fox"};
    BOOST_TEST(wrap("the quick brown fox", 10) == expected, boost::test_tools::per_element());
    BOOST_TEST(wrap("the quick brown fox", 9) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_word_longer_than_the_line_is_cut) {
    const std::vector<std::string> expected{"abcde", "fghij", "k"};
    BOOST_TEST(wrap("abcdefghijk", 5) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(given_line_breaks_are_kept) {
    const std::vector<std::string> expected{"a", "", "b"};
    BOOST_TEST(wrap("a\n\nb", 10) == expected, boost::test_tools::per_element());
    BOOST_TEST(wrap("", 10).size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_wrapped_line_is_too_wide_and_no_word_is_lost) {
    const std::string text =
        "One sentence — with 東京都日本語 in it, e\u0301t ainsi de suite, 👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 and "
        "averyveryverylongword at the end";
    for (std::size_t columns = 2; columns < 90; ++columns) {
        std::string letters;
        for (const auto& line : wrap(text, columns)) {
            BOOST_TEST(columns_of(line) <= columns);
            letters += line;
        }
        std::string expected = text;
        std::erase(letters, ' ');
        std::erase(expected, ' ');
        BOOST_TEST(letters == expected);
    }
}

BOOST_AUTO_TEST_CASE(a_mark_stays_with_its_letter) {
    const std::string letter = "e\u0301";
    const std::vector<std::string> expected{letter + letter, letter + letter, letter};
    BOOST_TEST(wrap(letter + letter + letter + letter + letter, 2) == expected, boost::test_tools::per_element());
    BOOST_TEST(clip(letter + letter + letter, 2) == letter + "…");
}

BOOST_AUTO_TEST_CASE(narrowed_lines_keep_their_indentation) {
    BOOST_TEST(narrowed("short\n  a line that is too wide\n\n", 12) == "short\n  a line\n  that is\n  too wide\n\n");
    BOOST_TEST(narrowed("          xxxx yyyy\n", 8) == "    xxxx\n    yyyy\n");
    BOOST_TEST(narrowed("", 8).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
