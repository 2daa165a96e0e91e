// SPDX-License-Identifier: Apache-2.0
#include "schema/base/printable.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/base/utf8.hpp"

namespace valhalla::tests {

BOOST_AUTO_TEST_SUITE(base_printable)

namespace {

std::string utf8_of(char32_t code) {
    const auto tail = [&](unsigned shift) { return static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        return {static_cast<char>(code)};
    }
    if (code < 0x800) {
        return {static_cast<char>(0xC0U | (code >> 6U)), tail(0)};
    }
    if (code < 0x10000) {
        return {static_cast<char>(0xE0U | (code >> 12U)), tail(6), tail(0)};
    }
    return {static_cast<char>(0xF0U | (code >> 18U)), tail(12), tail(6), tail(0)};
}

std::string all(const std::vector<char32_t>& codes) {
    std::string text;
    for (const auto code : codes) {
        text += utf8_of(code);
    }
    return text;
}

bool is_shown(char32_t code) {
    const auto text = utf8_of(code);
    return printable(text) == text;
}

constexpr char32_t joiner = 0x200D;
constexpr char32_t picture = 0xFE0F;
constexpr char32_t woman = 0x1F469;
constexpr char32_t laptop = 0x1F4BB;
constexpr char32_t heart = 0x2764;

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_terminal_acts_on_or_hides_is_escaped) {
    const std::vector<std::pair<char32_t, std::string>> hidden{
        {0x00, "\\x00"},          {0x07, "\\x07"},          {0x1B, "\\x1b"},
        {0x7F, "\\x7f"},          {0x85, "\\u0085"},        {0x9B, "\\u009b"},    // C1
        {0xAD, "\\u00ad"},        {0x061C, "\\u061c"},      {0x180E, "\\u180e"},  // formats
        {0x200B, "\\u200b"},      {0x200D, "\\u200d"},      {0x200F, "\\u200f"},
        {0x202E, "\\u202e"},      {0x2060, "\\u2060"},      {0x2066, "\\u2066"},
        {0x2028, "\\u2028"},      {0x2029, "\\u2029"},                            // separators
        {0x034F, "\\u034f"},      {0x115F, "\\u115f"},      {0x3164, "\\u3164"},  // ignorable by default
        {0xFE0F, "\\ufe0f"},      {0xFFA0, "\\uffa0"},      {0xFEFF, "\\ufeff"},
        {0xE0041, "\\U000e0041"}, {0xE0100, "\\U000e0100"}, {0x1D173, "\\U0001d173"},
        {0xE000, "\\ue000"},      {0xF0000, "\\U000f0000"},                             // private
        {0x0378, "\\u0378"},      {0xFFFE, "\\ufffe"},      {0x10FFFF, "\\U0010ffff"},  // not assigned
        {0xFFF9, "\\ufff9"},
    };
    for (const auto& [code, escape] : hidden) {
        BOOST_TEST(printable("a" + utf8_of(code) + "b") == "a" + escape + "b");
    }
}

BOOST_AUTO_TEST_CASE(letters_marks_digits_and_signs_of_all_scripts_are_shown) {
    for (const auto* const text : {"Zürich 東京 😀", "नमस्ते दुनिया", "สวัสดี", "שלום", "مرحبا", "€ — … ½ ™", "e\u0301"}) {
        BOOST_TEST(printable(text) == text);
    }
    BOOST_TEST(is_shown(0x1FAE0));  // of Unicode 14
}

BOOST_AUTO_TEST_CASE(every_code_point_is_shown_or_becomes_ascii) {
    for (char32_t code = 0; code <= 0x10FFFF; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) {
            continue;
        }
        const auto text = utf8_of(code);
        BOOST_REQUIRE(first_code_point(text).value == code);
        const auto shown = printable(text);
        const auto columns = columns_of(text);
        if (shown == text) {
            BOOST_REQUIRE_LE(columns, 2U);
        } else {
            BOOST_REQUIRE_EQUAL(shown.front(), '\\');
            BOOST_REQUIRE_EQUAL(columns_of(shown), shown.size());
        }
        BOOST_REQUIRE_EQUAL(printable(shown), shown);
    }
}

BOOST_AUTO_TEST_CASE(joiners_and_selectors_stay_inside_sequences_of_emoji_alone) {
    for (const auto& sequence : {all({woman, joiner, laptop}), all({heart, picture}), all({0x1F44D, 0x1F3FD}),
                                 all({woman, joiner, heart, picture, joiner, 0x1F48B, joiner, woman})}) {
        BOOST_TEST(printable(sequence) == sequence);
        BOOST_TEST(next_piece(sequence + "x").bytes == sequence.size());
    }
    BOOST_TEST(printable(all({'a', joiner, 'b'})) == "a\\u200db");
    BOOST_TEST(printable(all({woman, joiner, 'b'})) == all({woman}) + "\\u200db");
    BOOST_TEST(printable(all({woman, joiner, joiner, laptop})) == all({woman}) + "\\u200d\\u200d" + all({laptop}));
    BOOST_TEST(printable(all({'a', picture})) == "a\\ufe0f");
    // No sequence is longer than any that there is.
    std::vector<char32_t> chain{woman};
    for (int i = 0; i < 50; ++i) {
        chain.insert(chain.end(), {joiner, woman});
    }
    BOOST_TEST(next_piece(all(chain)).columns == 12U);
    BOOST_TEST(printable(all(chain)).find("\\u200d") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(width_counts_columns_not_bytes) {
    BOOST_TEST(columns_of("Zürich") == 6U);
    BOOST_TEST(columns_of("東京") == 4U);
    BOOST_TEST(columns_of("e\u0301") == 1U);
    BOOST_TEST(columns_of("ｶﾅ") == 2U);  // halfwidth
    BOOST_TEST(columns_of("✅ done ⚡ 🟢 🫠") == 16U);
    BOOST_TEST(columns_of("สวัสดี") == 4U);
    BOOST_TEST(columns_of(all({heart})) == 1U);
    BOOST_TEST(columns_of(all({heart, picture})) == 2U);
    BOOST_TEST(columns_of(all({0x20DD})) == 0U);
    BOOST_TEST(columns_of(all({0x1F1E9, 0x1F1EA})) == 4U);  // where flags are unknown
}

BOOST_AUTO_TEST_CASE(line_breaks_are_kept_where_wanted) {
    BOOST_TEST(printable("one\ntwo\t\r\x1b") == "one\\ntwo\\t\\r\\x1b");
    BOOST_TEST(printable("one\ntwo\tx\r\x1b", line_breaks::keep) == "one\ntwo    x\\r\\x1b");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_made_visible) {
    BOOST_TEST(printable("a\xff"
                         "b\xc3") == "a\\xffb\\xc3");
    BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
}

BOOST_AUTO_TEST_CASE(json_stays_the_same_json) {
    BOOST_TEST(printable_json("{\"a\":\"\xc2\x9b\x7f\"}") == "{\"a\":\"\\u009b\\u007f\"}");
    BOOST_TEST(printable_json("{\n \"a\":\"ü\\n\"}\r\n") == "{\n \"a\":\"ü\\n\"}\r\n");
    BOOST_TEST(printable_json('"' + utf8_of(0xE0041) + '"') == "\"\\udb40\\udc41\"");
    BOOST_TEST(printable_json("\"\xff\"") == "\"\\ufffd\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
