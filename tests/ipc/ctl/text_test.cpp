// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_text)

using namespace valhalla::ctl;

BOOST_AUTO_TEST_CASE(escape_sequences_are_made_visible) {
    BOOST_TEST(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
    BOOST_TEST(printable("bell\a del\x7f") == "bell\\x07 del\\x7f");
    BOOST_TEST(printable("\xc2\x9b"
                         "31m") == "\\u009b31m");  // CSI as one C1 control
    BOOST_TEST(printable("x\xe2\x80\xae"
                         "y") == "x\\u202ey");  // right-to-left override
    BOOST_TEST(printable("cr\rlf\ntab\t") == "cr\\rlf\\ntab\\t");
    BOOST_TEST(printable(std::string_view{"nul\0", 4}) == "nul\\x00");
}

BOOST_AUTO_TEST_CASE(line_breaks_are_kept_where_wanted) {
    BOOST_TEST(printable("one\ntwo\x1b", line_breaks::keep) == "one\ntwo\\x1b");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_made_visible) {
    BOOST_TEST(printable("a\xff"
                         "b\xc3") == "a\\xffb\\xc3");
}

BOOST_AUTO_TEST_CASE(letters_of_all_scripts_stay) {
    BOOST_TEST(printable("Zürich 東京 😀") == "Zürich 東京 😀");
}

BOOST_AUTO_TEST_CASE(json_stays_the_same_json) {
    BOOST_TEST(printable_json("{\"a\":\"\xc2\x9b\x7f\"}") == "{\"a\":\"\\u009b\\u007f\"}");
    BOOST_TEST(printable_json("{\"a\":\"ü\\n\"}") == "{\"a\":\"ü\\n\"}");
}

BOOST_AUTO_TEST_CASE(width_counts_columns_not_bytes) {
    BOOST_TEST(columns_of("Zürich") == 6U);
    BOOST_TEST(columns_of("東京") == 4U);
    BOOST_TEST(columns_of("e\xcc\x81") == 1U);  // e and a combining accent
}

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
    const std::string text = "One sentence — with 東京 in it, ünd so weiter, and averyveryverylongword at the end";
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

BOOST_AUTO_TEST_SUITE_END()
