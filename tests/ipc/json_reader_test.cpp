// SPDX-License-Identifier: Apache-2.0
#include "ipc/json_reader.hpp"

#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace valhalla::ipc;
using namespace std::string_literals;

namespace {

std::optional<json_fault> fault_of(std::string_view text) {
    json_scratch scratch;
    json_reader in{text, scratch};
    json_value value;
    if (in.read(value) && in.finish()) {
        return std::nullopt;
    }
    return in.fault();
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string object_with_keys(std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
    }
    return text + "}";
}

const std::vector<std::string> good_texts{"{}",
                                          "[]",
                                          "null",
                                          "true",
                                          "false",
                                          "0",
                                          "-0",
                                          "-1.5e+10",
                                          "1E2",
                                          "0.1",
                                          " \t\r\n[ 1 , 2 ] ",
                                          R"("")",
                                          R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")",
                                          R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})",
                                          "\"\x7f\"",
                                          "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                          R"("\u0000")",
                                          R"({"":1})",
                                          "123456789012345678901234567890",
                                          R"("seventeen chars..")"};

struct bad_text {
    std::string text;
    std::size_t offset;
    std::string what;
};
std::ostream& operator<<(std::ostream& out, const bad_text& bad) {
    return out << bad.text;
}

const std::vector<bad_text> bad_texts{
    {"", 0, "the text ends where a value is expected"},
    {" ", 1, "the text ends where a value is expected"},
    {"{", 1, "expected a key in quotes"},
    {"{]", 1, "expected a key in quotes"},
    {"[1", 2, "expected ',' or ']'"},
    {"[1,]", 3, "expected a value"},
    {"[,1]", 1, "expected a value"},
    {R"({"a":1,})", 7, "expected a key in quotes"},
    {R"({"a" 1})", 5, "expected ':'"},
    {R"({"a":1 "b":2})", 7, "expected ',' or '}'"},
    {R"({a:1})", 1, "expected a key in quotes"},
    {"{1:1}", 1, "expected a key in quotes"},
    {"1 2", 2, "something follows the value"},
    {"{}{}", 2, "something follows the value"},
    {"nul", 0, "expected a value"},
    {"True", 0, "expected a value"},
    {"nullx", 4, "something follows the value"},
    {"'a'", 0, "expected a value"},
    {"NaN", 0, "expected a value"},
    {"-", 1, "a number needs a digit after '-'"},
    {"-x", 1, "a number needs a digit after '-'"},
    {"+1", 0, "expected a value"},
    {".5", 0, "expected a value"},
    {"01", 1, "a number must not begin with 0"},
    {"-01", 2, "a number must not begin with 0"},
    {"1.", 2, "a number needs a digit after '.'"},
    {"1e", 2, "a number needs a digit in its exponent"},
    {"1e+", 3, "a number needs a digit in its exponent"},
    {"\"abc", 4, "a string is not closed"},
    {"\"abc\\", 5, "a string is not closed"},
    {R"("\x")", 1, "unknown escape in a string"},
    {R"("\u12g4")", 1, "\\u needs four hexadecimal digits"},
    {R"("\u12)", 1, "\\u needs four hexadecimal digits"},
    {R"("\ud800")", 1, "a lone surrogate"},
    {R"("\ud800\n")", 1, "a lone surrogate"},
    {R"("\ud800\ud800")", 1, "a lone surrogate"},
    {R"("\udc00\ud800")", 1, "a lone surrogate"},
    {"\"a\nb\"", 2, "a control character in a string must be escaped"},
    {"\"a\0b\""s, 2, "a control character in a string must be escaped"},
    {"\"12345678\x1f\"", 9, "a control character in a string must be escaped"},
    {"\0"s, 0, "expected a value"},
    {"\xef\xbb\xbf{}", 0, "expected a value"},
    {"\"\xff\"", 1, "invalid UTF-8"},
    {"\"\x80\"", 1, "invalid UTF-8"},
    {"\"\xc3\x28\"", 1, "invalid UTF-8"},
    {"\"\xc0\x80\"", 1, "invalid UTF-8"},
    {"\"\xe0\x80\x80\"", 1, "invalid UTF-8"},
    {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},
    {"\"\xf0\x80\x80\x80\"", 1, "invalid UTF-8"},
    {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},
    {"\"\xe2\x82", 1, "invalid UTF-8"},
    {R"({"a":1,"a":2})", 10, "a key occurs twice in one object"},
    {R"({"a":1,"\u0061":2})", 15, "a key occurs twice in one object"},
    {R"([{"x":{"a":1,"b":2,"a":3}}])", 22, "a key occurs twice in one object"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(json_reader_)

BOOST_DATA_TEST_CASE(good_text_is_accepted, boost::unit_test::data::make(good_texts), text) {
    BOOST_TEST(!fault_of(text).has_value());
}

BOOST_DATA_TEST_CASE(bad_text_is_refused_where_it_is_bad, boost::unit_test::data::make(bad_texts), bad) {
    const auto fault = fault_of(bad.text);
    BOOST_REQUIRE(fault.has_value());
    BOOST_TEST(fault->what == bad.what);
    BOOST_TEST(fault->offset == bad.offset);
}

BOOST_AUTO_TEST_CASE(depth_is_limited_to_the_level) {
    BOOST_TEST(!fault_of(nested(max_json_depth)));
    BOOST_TEST(fault_of(nested(max_json_depth + 1))->what == "nested deeper than 16 levels");
    BOOST_TEST(fault_of(std::string(1'000'000, '['))->what == "nested deeper than 16 levels");
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_named_unescaped) {
    BOOST_TEST(fault_of(R"({"k\u0065y":1,"key":2})")->key == "key");
}

BOOST_AUTO_TEST_CASE(the_same_key_in_different_objects_is_no_duplicate) {
    BOOST_TEST(!fault_of(R"({"a":{"a":1,"b":{"a":1}},"b":{"a":1},"c":[{"a":1},{"a":1}]})"));
}

BOOST_AUTO_TEST_CASE(duplicates_are_found_in_objects_of_every_size) {
    for (const std::size_t count : {2U, 15U, 16U, 17U, 18U, 100U, 5'000U}) {
        const std::string sound = object_with_keys(count);
        BOOST_TEST(!fault_of(sound), count);
        for (const std::size_t repeated : {std::size_t{0}, count / 2, count - 1}) {
            std::string twice = sound;
            twice.insert(twice.size() - 1, ",\"k" + std::to_string(repeated) + "\":1");
            const auto fault = fault_of(twice);
            BOOST_REQUIRE(fault.has_value());
            BOOST_TEST(fault->key == "k" + std::to_string(repeated));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_large_object_inside_a_large_object_keeps_their_keys_apart) {
    std::string outer = object_with_keys(40);
    outer.insert(outer.size() - 1, ",\"inner\":" + object_with_keys(40) + ",\"z\":0");
    BOOST_TEST(!fault_of(outer));
    outer.insert(outer.size() - 1, ",\"k7\":0");
    BOOST_TEST(fault_of(outer)->key == "k7");
}

BOOST_AUTO_TEST_CASE(the_number_of_keys_in_a_line_is_limited) {
    BOOST_TEST(!fault_of(object_with_keys(max_json_keys)));
    BOOST_TEST(fault_of(object_with_keys(max_json_keys + 1))->what == "more than 16384 keys");
}

BOOST_AUTO_TEST_CASE(values_come_out_as_they_stood) {
    json_scratch scratch;
    json_reader in{R"( { "a" : [ 1 , {"x": 2} ] , "b":1.50, "c":"\u00e4" } )", scratch};
    BOOST_REQUIRE(in.peek() == json_kind::object);
    BOOST_REQUIRE(in.enter_object());
    std::vector<std::string> seen;
    json_string key;
    json_value value;
    while (in.next_key(key) && in.read(value)) {
        seen.push_back(std::string{key.raw} + '=' + std::string{value.raw});
    }
    BOOST_TEST(in.finish());
    const std::vector<std::string> expected{R"(a=[ 1 , {"x": 2} ])", "b=1.50", R"(c="\u00e4")"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(escapes_are_taken_back) {
    std::string out;
    append_unescaped(out, R"(a\"\\\/\b\f\n\r\t\u00e4\u20AC\ud83d\ude00z)");
    BOOST_TEST(out == "a\"\\/\b\f\n\r\tä€😀z");
    BOOST_TEST((json_string{R"(\u0061)", true}.equals("a")));
    BOOST_TEST(!(json_string{R"(\u0061)", true}.equals("\\u0061")));
}

BOOST_AUTO_TEST_CASE(minified_text_keeps_strings_and_digits) {
    std::string out;
    append_minified(out, "{ \"a b\" : [ 1.50 , \"x \\\" y\\\\\" ] ,\n\t\"c\":{ } }");
    BOOST_TEST(out == R"({"a b":[1.50,"x \" y\\"],"c":{}})");
}

BOOST_AUTO_TEST_CASE(quoted_text_reads_back_the_same) {
    std::string all;
    for (char c = 1; c < 0x7f; ++c) {
        all += c;
    }
    all += "\0ä€😀"s;
    std::string quoted;
    append_quoted(quoted, all);
    BOOST_TEST(!fault_of(quoted));
    std::string back;
    append_unescaped(back, std::string_view{quoted}.substr(1, quoted.size() - 2));
    BOOST_TEST(back == all);
}

BOOST_AUTO_TEST_SUITE_END()
