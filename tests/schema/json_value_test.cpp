// SPDX-License-Identifier: Apache-2.0
#include "schema/model/json_value.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "schema/model/json_text.hpp"

using namespace valhalla;
using namespace std::string_literals;

namespace {

struct bad_text {
    std::string text;
    std::int64_t line;
    std::string key;
    std::string message;  // a part of it
};

const std::vector<bad_text>& bad_texts() {
    static const std::vector<bad_text> all{
        {"", 1, "", "empty"},
        {" \n ", 2, "", "empty"},
        {"\xEF\xBB\xBF{}", 1, "", "byte order mark"},
        {"{}\n{}", 2, "", "after its end"},
        {"{} x", 1, "", "after its end"},
        {"{}\0"s, 1, "", "after its end"},
        {"\0"s, 1, "", "not a JSON value"},
        {"nul", 1, "", "not a JSON value"},
        {"True", 1, "", "not a JSON value"},
        {"nullx", 1, "", "after its end"},
        {"'a'", 1, "", "not a JSON value"},
        {"{", 1, "", "in the middle"},
        {"{\"a\"", 1, "", "in the middle"},
        {"{\"a\":", 1, "a", "in the middle"},
        {"{\"a\":1", 1, "", "in the middle"},
        {"{\"a\":1,", 1, "", "in the middle"},
        {"{\"a\":1,}", 1, "", "a key in quotes"},
        {"{,}", 1, "", "a key in quotes"},
        {"{a:1}", 1, "", "a key in quotes"},
        {"{\"a\" 1}", 1, "", "colon"},
        {"{\"a\":1 \"b\":2}", 1, "", "comma"},
        {"{\"a\":}", 1, "a", "not a JSON value"},
        {"[1,]", 1, "[1]", "not a JSON value"},
        {"[", 1, "[0]", "in the middle"},
        {"[1", 1, "", "in the middle"},
        {"[1 2]", 1, "", "comma"},
        {"{\n\"a\":{\n\"b\":[1,\n{\"c\":tru}]}}", 4, "a.b[1].c", "not a JSON value"},
        {"{\"a\":1,\n\"a\":2}", 2, "a", "twice"},
        {"{\"x\":[{\"a\":1,\"b\":{},\"\\u0061\":2}]}", 1, "x[0].a", "twice"},
        {"01", 1, "", "leading zero"},
        {"-", 1, "", "not a JSON number"},
        {"+1", 1, "", "not a JSON value"},
        {".5", 1, "", "not a JSON value"},
        {"1.", 1, "", "not a JSON number"},
        {"1.e3", 1, "", "not a JSON number"},
        {"1e", 1, "", "not a JSON number"},
        {"1e+", 1, "", "not a JSON number"},
        {"0x10", 1, "", "after its end"},
        {"NaN", 1, "", "not a JSON value"},
        {"-Infinity", 1, "", "not a JSON number"},
        {"\"a", 1, "", "in the middle of a string"},
        {"\"a\\", 1, "", "in the middle of a string"},
        {"\"a\nb\"", 1, "", "control character"},
        {"\"a\0b\""s, 1, "", "control character"},
        {"\"\\x\"", 1, "", "unknown escape"},
        {"\"\\u12g4\"", 1, "", "\\u escape"},
        {"\"\\u-123\"", 1, "", "\\u escape"},
        {"\"\\u12", 1, "", "\\u escape"},
        {"{\"k\":\"\\ud800\"}", 1, "k", "surrogate"},
        {"\"\\ud800x\"", 1, "", "surrogate"},
        {"\"\\ud800\\u0041\"", 1, "", "surrogate"},
        {"\"\\udc00\"", 1, "", "surrogate"},
        {"\"\xff\"", 1, "", "UTF-8"},
        {"{\"k\":\n\"\xc0\x80\"}", 2, "k", "UTF-8"},  // overlong
        {"\"\xed\xa0\x80\"", 1, "", "UTF-8"},         // a surrogate
        {"\"\xf4\x90\x80\x80\"", 1, "", "UTF-8"},     // above U+10FFFF
        {"\"\xe2\x82\"", 1, "", "UTF-8"},             // cut
        {"{\"\x80\":1}", 1, "", "UTF-8"},             // in a key
        {std::string(17, '[') + std::string(17, ']'), 1, "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]", "deeply"},
    };
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_reading)

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_by_line_and_key) {
    json_document document;
    for (const auto& bad : bad_texts()) {
        BOOST_TEST_CONTEXT(bad.text) {
            const auto error = document.parse(bad.text);
            BOOST_TEST_REQUIRE(error.has_value());
            BOOST_TEST(error->line == bad.line);
            BOOST_TEST(error->key == bad.key);
            BOOST_TEST((error->message.find(bad.message) != std::string::npos), error->message);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_beginning_of_a_document_passes_for_a_document) {
    const std::string whole = R"({"a":[1,-2.5e3,"x\n\u00e9é"],"b":{"c":null,"d":true}})";
    json_document document;
    BOOST_TEST(!document.parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string part = whole.substr(0, size);
        BOOST_TEST(document.parse(part).has_value(), part);
    }
}

BOOST_AUTO_TEST_CASE(values_are_what_was_written) {
    const std::string text =
        "{ \"s\" : \"a\\u00e9\\ud83d\\ude00\\/\\\"\",\n \"n\":-12, \"d\":1.50,\n\n\"l\":[true,false,null,{}],"
        "\"o\":{\"p\":{\"q\":1}},\"\\u0065\":\"\\u0000\"}";
    json_document document;
    BOOST_REQUIRE(!document.parse(text));
    const auto root = document.root();
    BOOST_TEST(root.raw() == text);
    BOOST_TEST(root.find("s")->string() == "aé😀/\"");
    BOOST_TEST(root.find("s")->line() == 1);
    BOOST_TEST(root.find("n")->integer().value() == -12);
    BOOST_TEST(root.find("n")->line() == 2);
    BOOST_TEST(root.find("d")->raw() == "1.50");
    BOOST_TEST(root.find("d")->number().value() == 1.5);
    BOOST_TEST(!root.find("d")->integer().has_value());
    const auto list = *root.find("l");
    BOOST_TEST(list.line() == 4);
    std::vector<std::string> paths;
    for (const auto element : list) {
        paths.push_back(element.path());
    }
    BOOST_TEST((paths == std::vector<std::string>{"l[0]", "l[1]", "l[2]", "l[3]"}));
    BOOST_TEST(list.begin()->boolean());
    BOOST_TEST(root.find("o")->find("p")->find("q")->path() == "o.p.q");
    BOOST_TEST(root.find("o")->raw() == "{\"p\":{\"q\":1}}");
    BOOST_TEST((root.find("e")->string() == std::string(1, '\0')));
    BOOST_TEST(!root.find("zz").has_value());
    BOOST_TEST(root.find("l")->begin()->empty());
}

BOOST_AUTO_TEST_CASE(integers_beyond_64_bits_are_no_integers) {
    json_document document;
    const auto integer = [&](std::string_view text) {
        BOOST_REQUIRE(!document.parse(text));
        return document.root().integer();
    };
    BOOST_TEST(integer("9223372036854775807").value() == INT64_MAX);
    BOOST_TEST(integer("-9223372036854775808").value() == INT64_MIN);
    BOOST_TEST(!integer("9223372036854775808").has_value());
    BOOST_TEST(document.root().unsigned_integer().value() == 9'223'372'036'854'775'808U);
    BOOST_TEST(!integer("-9223372036854775809").has_value());
    BOOST_TEST(!integer("1e3").has_value());
    BOOST_TEST(!integer("\"1\"").has_value());
    BOOST_REQUIRE(!document.parse("1e999"));
    BOOST_TEST(!document.root().number().has_value());
}

BOOST_AUTO_TEST_CASE(duplicates_are_found_among_many_keys_too) {
    std::string text = "{";
    for (int i = 0; i < 1'000; ++i) {
        text += "\"k" + std::to_string(i) + "\":0,";
    }
    json_document document;
    BOOST_TEST(!document.parse(text + "\"last\":0}"));
    const auto again = text + "\"k500\":0}";
    const auto error = document.parse(again);
    BOOST_TEST_REQUIRE(error.has_value());
    BOOST_TEST(error->key == "k500");
}

BOOST_AUTO_TEST_CASE(the_depth_that_is_allowed_is_allowed) {
    json_document document;
    BOOST_TEST(!document.parse(std::string(16, '[') + std::string(16, ']')));
    BOOST_TEST(!document.parse("[[]]", 2));
    BOOST_TEST(document.parse("[[]]", 1).has_value());
}

BOOST_AUTO_TEST_CASE(a_document_can_be_used_again) {
    json_document document;
    const std::string first = R"({"a":"\n"})";
    const std::string second = R"(["\t","longer than the one before \n"])";
    BOOST_TEST(!document.parse(first));
    BOOST_TEST(document.parse("[").has_value());
    BOOST_TEST(!document.parse(second));
    BOOST_TEST(document.root().begin()->string() == "\t");
}

BOOST_AUTO_TEST_CASE(minifying_leaves_tokens_alone) {
    BOOST_TEST(minify_json(" { \"a b\" : [ 1.50 , \" \\\" } \" , true ] ,\r\n\t\"c\":{} } ") ==
               R"({"a b":[1.50," \" } ",true],"c":{}})");
    BOOST_TEST(minify_json("  1e2 ") == "1e2");
}

BOOST_AUTO_TEST_CASE(indenting_is_that_of_python) {
    BOOST_TEST(indent_json(R"({"a":[1,{"b":"x,y"}],"c":{},"d":[]})") ==
               "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,y\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
    BOOST_TEST(indent_json(indent_json(R"([[],{"a":{}}])")) == indent_json(R"([[],{"a":{}}])"));
}

BOOST_AUTO_TEST_CASE(utf8_is_told_from_other_bytes) {
    BOOST_TEST(is_valid_utf8(""));
    BOOST_TEST(is_valid_utf8("aé日😀\x7f"));
    BOOST_TEST(is_valid_utf8("\xef\xbf\xbf\xf4\x8f\xbf\xbf"));
    for (const auto* const bad :
         {"\x80", "\xc1\x81", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "a\xc3"}) {
        BOOST_TEST(!is_valid_utf8(bad));
    }
}

BOOST_AUTO_TEST_SUITE_END()
