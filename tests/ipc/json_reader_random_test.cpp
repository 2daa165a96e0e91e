// SPDX-License-Identifier: Apache-2.0
//
// Our reader against Boost.JSON on mutated texts: what we accept, it accepts with the same content; what we refuse and
// it accepts is refused for one of the reasons that are ours alone.
#include <array>
#include <functional>
#include <random>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/json_reader.hpp"

using namespace valhalla::ipc;

namespace {

constexpr std::array<std::string_view, 8> seeds{
    R"({"jsonrpc":"2.0","id":17,"method":"session.note","params":{"text":"a \"quoted\" \u00e4 word\n"}})",
    R"([{"a":[1,2.5,-3e2,0.1e-7,true,false,null]},{"b":{"c":{"d":[[],{}]}}}])",
    "{\"k\xc3\xa4\":\"\xe2\x82\xac \xf0\x9f\x98\x80\",\"\":\"\\ud83d\\ude00\"}",
    R"( { "a" : 1 , "b" : { "a" : 1 } , "c" : [ { "a" : 1 } ] } )",
    R"([[[[[[[[[[[[[[["fifteen"]]]]]]]]]]]]]]])",
    R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":1})",
    R"("\b\f\n\r\t\/\\\"plain text that is longer than eight bytes")",
    "-12345678901234567890.5E+3"};
constexpr std::string_view telling_bytes =
    "{}[]\",:\\u0123456789abcdefDC.+-eE tfn\x01\x1f\x7f\x80\xbf\xc0\xc3\xed\xf0\xf4\xff";

std::string mutated(std::mt19937& random) {
    const auto pick = [&](std::size_t count) {
        return std::uniform_int_distribution<std::size_t>{0, count - 1}(random);
    };
    std::string text{seeds[pick(seeds.size())]};
    for (std::size_t edits = pick(4); edits > 0 && !text.empty(); --edits) {
        const std::size_t at = pick(text.size());
        switch (pick(5)) {
            case 0: text[at] = telling_bytes[pick(telling_bytes.size())]; break;
            case 1: text.insert(at, 1, telling_bytes[pick(telling_bytes.size())]); break;
            case 2: text.erase(at, 1 + pick(3)); break;
            case 3: text.insert(at, text.substr(pick(text.size()), pick(12))); break;
            default: text.resize(at); break;
        }
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_reader_random)

BOOST_AUTO_TEST_CASE(agrees_with_another_parser_on_mutated_texts) {
    std::mt19937 random{20'261'122};
    std::size_t accepted = 0;
    std::size_t refused = 0;
    json_scratch scratch;
    for (int i = 0; i < 200'000; ++i) {
        const std::string text = mutated(random);
        json_reader in{text, scratch};
        json_value value;
        const bool ours = in.read(value) && in.finish();
        boost::system::error_code fault;
        const auto theirs = boost::json::parse(text, fault);
        if (ours) {
            ++accepted;
            // Numbers are kept as text here; a parser to double may refuse their size.
            const bool only_its_size = fault == boost::json::error::exponent_overflow;
            BOOST_REQUIRE_MESSAGE(!fault || only_its_size, "only we accept: " << text << " " << fault.message());
            std::string minified;
            append_minified(minified, value.raw);
            const bool a_number = std::equal_to{}(theirs, theirs);  // it reads 0e999 as NaN, which equals nothing
            if (!fault && a_number) {
                BOOST_REQUIRE_MESSAGE(boost::json::parse(minified) == theirs, "minified differs: " << text);
            }
        } else {
            ++refused;
            BOOST_REQUIRE(in.faulted());
            BOOST_REQUIRE(in.fault().offset <= text.size());
            const std::string_view why = in.fault().what;
            const bool ours_alone = why == "a key occurs twice in one object" || why == "nested deeper than 16 levels";
            BOOST_REQUIRE_MESSAGE(fault || ours_alone, "only we refuse: " << text << " " << why);
        }
    }
    BOOST_TEST(accepted > 10'000U);
    BOOST_TEST(refused > 10'000U);
}

BOOST_AUTO_TEST_SUITE_END()
