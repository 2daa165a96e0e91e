// SPDX-License-Identifier: Apache-2.0
#include "schema/model/json_writer.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "schema/model/json_value.hpp"
#include "tests/schema/model_samples.hpp"

using namespace valhalla;

namespace {

template <class T>
std::string as_json(const T& v) {
    std::string out;
    json_writer{out}.value(v);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_writing)

BOOST_AUTO_TEST_CASE(commas_stand_between_values_and_nowhere_else) {
    std::string out = "x";
    json_writer json{out};
    json.begin_object().member("a", 1).key("b").begin_array().end_array().key("c").begin_array();
    json.value("s").null().begin_object().end_object().raw("[1]").value(true).end_array();
    json.member("d", std::optional<int>{}).member("e", std::optional<int>{-3}).end_object();
    BOOST_TEST(out == R"(x{"a":1,"b":[],"c":["s",null,{},[1],true],"d":null,"e":-3})");
}

BOOST_AUTO_TEST_CASE(only_what_must_be_is_escaped) {
    BOOST_TEST(as_json("\"\\/\b\f\n\r\t\x01\x1f\x7f") == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    BOOST_TEST(as_json("é日本😀") == "\"é日本😀\"");
    BOOST_TEST(as_json("") == "\"\"");
    BOOST_TEST(as_json(std::string(3, '\0')) == "\"\\u0000\\u0000\\u0000\"");
}

BOOST_AUTO_TEST_CASE(any_text_is_read_back_by_another_parser) {
    tests::sampler random{5};
    for (int i = 0; i < 5'000; ++i) {
        const auto text = random.text();
        const auto parsed = boost::json::parse(as_json(text));
        BOOST_REQUIRE_EQUAL(std::string_view{parsed.as_string()}, text);
    }
    for (std::size_t length = 0; length < 40; ++length) {  // every special place within the words of eight bytes
        for (std::size_t at = 0; at < length; ++at) {
            std::string text(length, 'a');
            text[at] = '\n';
            BOOST_REQUIRE_EQUAL(std::string_view{boost::json::parse(as_json(text)).as_string()}, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(doubles_are_shortest_and_keep_their_point) {
    BOOST_TEST(as_json(0.25) == "0.25");
    BOOST_TEST(as_json(0.1) == "0.1");
    BOOST_TEST(as_json(1.0) == "1.0");
    BOOST_TEST(as_json(-0.0) == "-0.0");
    BOOST_TEST(as_json(1e22) == "1e+22");
    BOOST_TEST(as_json(5e-324) == "5e-324");
}

BOOST_AUTO_TEST_CASE(any_double_survives_the_round_trip) {
    std::mt19937_64 random{11};
    json_document document;
    for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t bits = random();
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        if (!std::isfinite(number)) {
            continue;
        }
        const auto text = as_json(number);
        BOOST_REQUIRE(!document.parse(text));
        BOOST_REQUIRE_EQUAL(document.root().number().value(), number);
    }
}

BOOST_AUTO_TEST_CASE(integers_reach_both_ends) {
    BOOST_TEST(as_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    BOOST_TEST(as_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

BOOST_AUTO_TEST_SUITE_END()
