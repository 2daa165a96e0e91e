// SPDX-License-Identifier: Apache-2.0
#include "ipc/request.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/limits.hpp"

using namespace valhalla::ipc;

namespace {

struct reading {
    std::string text;
    request_scratch scratch;
    parsed_line line;
    explicit reading(std::string of, bool in_batch = false) : text{std::move(of)} {
        parse_request(text, scratch, in_batch, line);
    }
};

struct mistake {
    std::string text;
    error_code code;
    std::string id;
    std::string named;  // must occur in the message
};
std::ostream& operator<<(std::ostream& out, const mistake& m) {
    return out << m.text;
}

constexpr auto parse_error = error_code::parse_error;
constexpr auto invalid_request = error_code::invalid_request;

const std::vector<mistake> mistakes{
    {"", parse_error, "null", "empty line"},
    {"  \t", parse_error, "null", "empty line"},
    {"\xef\xbb\xbf{}", parse_error, "null", "byte order mark"},
    {"hello", parse_error, "null", "byte 0"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m")", parse_error, "null", "byte 36"},
    {R"({"jsonrpc":"2.0","id":01,"method":"m"})", parse_error, "null", "begin with 0"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","method":"n"})", parse_error, "null", "\"method\" occurs twice"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":{"b":1,"b":2}}})", parse_error, "null",
     "\"b\" occurs twice"},
    {"1", invalid_request, "null", "a number"},
    {R"("x")", invalid_request, "null", "a string"},
    {"null", invalid_request, "null", "null"},
    {"{}", invalid_request, "null", "jsonrpc"},
    {R"({"foo":"boo"})", invalid_request, "null", "jsonrpc"},
    {R"({"jsonrpc":"2.0","id":1})", invalid_request, "1", "\"method\" is missing"},
    {R"({"jsonrpc":"2.0","method":1,"params":"bar"})", invalid_request, "null", "\"method\" must be a string"},
    {R"({"jsonrpc":"1.0","id":1,"method":"m"})", invalid_request, "1", "\"2.0\""},
    {R"({"jsonrpc":2.0,"id":1,"method":"m"})", invalid_request, "1", "\"2.0\""},
    {R"({"jsonrpc":"2.00","id":"a","method":"m"})", invalid_request, "\"a\"", "\"2.0\""},
    {R"({"id":1,"method":"m"})", invalid_request, "1", "\"2.0\""},
    {R"({"jsonrpc":"2.0","id":{},"method":"m"})", invalid_request, "null", "an object"},
    {R"({"jsonrpc":"2.0","id":[1],"method":"m"})", invalid_request, "null", "an array"},
    {R"({"jsonrpc":"2.0","id":true,"method":"m"})", invalid_request, "null", "a boolean"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","extra":0})", invalid_request, "1", "unknown member \"extra\""},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","Params":{}})", invalid_request, "1", "unknown member \"Params\""},
    {R"({"jsonrpc":"2.0","id":1,"result":1})", invalid_request, "1", "\"method\" is missing"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","params":"bar"})", invalid_request, "1", "not a string"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})", invalid_request, "1", "not null"},
    {R"({"jsonrpc":"2.0","id":1,"method":"m","params":[1]})", error_code::invalid_params, "1", "by name"},
};

const std::vector<std::string> ids{
    "0", "-1", "1.0", "1e2", "12345678901234567890123", R"("")", "null", R"("1")", R"("a\u0041\/")", "\"\xc3\xa4\""};

/// Envelopes as clients write them, in whole and with something wrong.
std::string some_envelope(std::mt19937& random) {
    const auto pick = [&](std::size_t count) {
        return std::uniform_int_distribution<std::size_t>{0, count - 1}(random);
    };
    static const std::vector<std::string> good_ids{R"("id":17)", R"("id":0)", R"("id":"a-1")"};
    static const std::vector<std::string> good_params{R"("params":{})",
                                                      R"("params":{"engine":"e","action":{"a":[1,"x"]}})"};
    static const std::vector<std::string> others{R"("jsonrpc":"2.0")",
                                                 R"("jsonrpc":"1.0")",
                                                 R"("id":17)",
                                                 R"("id": 1)",
                                                 R"("id":007)",
                                                 R"("id":-1.5e3)",
                                                 R"("id":"")",
                                                 R"("id":"a\\n")",
                                                 R"("id":null)",
                                                 R"("id":[1])",
                                                 R"("method":"cone.state")",
                                                 R"("method":"")",
                                                 R"("method":"con\u0065")",
                                                 R"("method":7)",
                                                 R"("params":{"a":1,"a":2})",
                                                 R"("params":{"a":1)",
                                                 R"("params": {"a":1})",
                                                 R"("params":[])",
                                                 R"("params":"{}")",
                                                 R"("extra":{})"};
    std::vector<std::string> chosen{R"("jsonrpc":"2.0")", good_ids[pick(good_ids.size())], R"("method":"cone.decide")",
                                    good_params[pick(good_params.size())]};
    std::shuffle(chosen.begin(), chosen.end(), random);
    chosen.resize(2 + pick(3));
    if (pick(3) == 0) {
        chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(pick(chosen.size())), others[pick(others.size())]);
    }
    std::string text = "{";
    for (const auto& member : chosen) {
        text += text.size() > 1 ? "," : "";
        text += member;
    }
    text += "}";
    if (pick(3) == 0) {
        constexpr std::string_view telling = "{}[]\",:\\u0 1a\x01\x7f\xc3";
        const std::size_t at = pick(text.size());
        switch (pick(3)) {
            case 0: text[at] = telling[pick(telling.size())]; break;
            case 1: text.insert(at, 1, telling[pick(telling.size())]); break;
            default: text.resize(at); break;
        }
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_)

// A space in front changes nothing but the way in which the text is read, and where a fault stands.
BOOST_AUTO_TEST_CASE(what_is_written_plainly_means_the_same_as_with_spaces) {
    std::mt19937 random{20'261'127};
    std::size_t good = 0;
    std::size_t bad = 0;
    for (int i = 0; i < 50'000; ++i) {
        const std::string text = some_envelope(random);
        const reading plain{text};
        const reading spaced{" " + text};
        BOOST_REQUIRE_MESSAGE(plain.line.what == spaced.line.what, text);
        BOOST_REQUIRE_MESSAGE(plain.line.id == spaced.line.id, text);
        if (plain.line.what == parse_outcome::request) {
            ++good;
            BOOST_REQUIRE_MESSAGE(plain.line.req.id == spaced.line.req.id, text);
            BOOST_REQUIRE_MESSAGE(plain.line.req.method == spaced.line.req.method, text);
            BOOST_REQUIRE_MESSAGE(plain.line.req.params == spaced.line.req.params, text);
        } else {
            ++bad;
            BOOST_REQUIRE_MESSAGE(plain.line.error.code == spaced.line.error.code, text);
        }
    }
    BOOST_TEST(good > 10'000U);
    BOOST_TEST(bad > 10'000U);
}

BOOST_AUTO_TEST_CASE(the_envelope_counts_towards_the_depth_of_plain_parameters) {
    const auto nested = [](std::size_t arrays) {
        return R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":)" + std::string(arrays, '[') +
               std::string(arrays, ']') + "}}";
    };
    const reading deepest{nested(max_json_depth - 2)};
    BOOST_TEST((deepest.line.what == parse_outcome::request));
    const reading deeper{nested(max_json_depth - 1)};
    BOOST_REQUIRE((deeper.line.what == parse_outcome::mistaken));
    BOOST_TEST((deeper.line.error.code == parse_error));
}

BOOST_AUTO_TEST_CASE(a_request_is_taken_apart) {
    const reading r{R"( { "params" : { "a" : 1 } , "method":"session.note", "id" : "z" ,"jsonrpc":"2.0" } )"};
    BOOST_REQUIRE(r.line.what == parse_outcome::request);
    BOOST_TEST(r.line.req.id == "\"z\"");
    BOOST_TEST(r.line.req.method == "session.note");
    BOOST_TEST(r.line.req.params == R"({ "a" : 1 })");
}

BOOST_AUTO_TEST_CASE(escapes_in_the_envelope_mean_what_they_say) {
    const reading r{R"({"jsonrpc":"2\u002e0","i\u0064":1,"method":"session\u002enote"})"};
    BOOST_REQUIRE(r.line.what == parse_outcome::request);
    BOOST_TEST(r.line.req.id == "1");
    BOOST_TEST(r.line.req.method == "session.note");
}

BOOST_AUTO_TEST_CASE(without_an_id_it_is_a_notification_and_with_null_it_is_not) {
    BOOST_TEST(reading{R"({"jsonrpc":"2.0","method":"m"})"}.line.req.is_notification());
    BOOST_TEST(!reading{R"({"jsonrpc":"2.0","method":"m","id":null})"}.line.req.is_notification());
}

BOOST_AUTO_TEST_CASE(an_empty_array_passes_for_no_parameters) {
    const reading r{R"({"jsonrpc":"2.0","id":1,"method":"m","params":[ ]})"};
    BOOST_TEST((r.line.what == parse_outcome::request));
    BOOST_TEST(r.line.req.params.empty());
}

BOOST_DATA_TEST_CASE(an_id_is_kept_byte_for_byte, boost::unit_test::data::make(ids), id) {
    const reading r{R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"m"})"};
    BOOST_REQUIRE(r.line.what == parse_outcome::request);
    BOOST_TEST(r.line.req.id == id);
}

BOOST_DATA_TEST_CASE(a_mistake_is_told_to_whom_it_can_be_told, boost::unit_test::data::make(mistakes), m) {
    const reading r{m.text};
    BOOST_REQUIRE(r.line.what == parse_outcome::mistaken);
    BOOST_TEST(static_cast<int>(r.line.error.code) == static_cast<int>(m.code));
    BOOST_TEST(r.line.id == m.id);
    BOOST_TEST(r.line.error.message.find(m.named) != std::string::npos, r.line.error.message);
}

BOOST_AUTO_TEST_CASE(an_endless_id_is_refused) {
    const auto with_id = [](std::size_t bytes) {
        return R"({"jsonrpc":"2.0","id":")" + std::string(bytes - 2, 'x') + R"(","method":"m"})";
    };
    const reading longest{with_id(max_id_bytes)};
    BOOST_TEST((longest.line.what == parse_outcome::request));
    const reading longer{with_id(max_id_bytes + 1)};
    BOOST_TEST((longer.line.what == parse_outcome::mistaken));
    BOOST_TEST(longer.line.id == "null");
}

BOOST_AUTO_TEST_CASE(one_reading_leaves_nothing_for_the_next) {
    reading r{R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}})"};
    parse_request(R"({"jsonrpc":"2.0","method":"n"})", r.scratch, false, r.line);  // a literal lives long enough
    BOOST_TEST((r.line.what == parse_outcome::request));
    BOOST_TEST(r.line.req.is_notification());
    BOOST_TEST(r.line.req.params.empty());
}

BOOST_AUTO_TEST_CASE(an_array_is_a_batch_but_not_inside_one) {
    BOOST_TEST((reading{" [1]"}.line.what == parse_outcome::batch));
    const reading inside{"[1]", true};
    BOOST_TEST((inside.line.what == parse_outcome::mistaken));
    BOOST_TEST((inside.line.error.code == invalid_request));
}

BOOST_AUTO_TEST_CASE(a_batch_is_split_into_its_elements) {
    request_scratch scratch;
    std::vector<std::string_view> elements;
    rpc_error error;
    BOOST_REQUIRE(split_batch(R"( [ {"a": 1} , 2,"x" ] )", 100, scratch, elements, error));
    const std::vector<std::string_view> expected{R"({"a": 1})", "2", R"("x")"};
    BOOST_TEST(elements == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_malformed_or_empty_or_too_large_is_one_mistake) {
    request_scratch scratch;
    std::vector<std::string_view> elements;
    rpc_error error;
    BOOST_TEST(!split_batch("[1,]", 100, scratch, elements, error));
    BOOST_TEST((error.code == parse_error));
    BOOST_TEST(!split_batch("[", 100, scratch, elements, error));
    BOOST_TEST((error.code == parse_error));
    BOOST_TEST(!split_batch("[] ", 100, scratch, elements, error));
    BOOST_TEST((error.code == invalid_request));
    BOOST_TEST(!split_batch("[1,2,3]", 2, scratch, elements, error));
    BOOST_TEST((error.code == invalid_request));
    BOOST_TEST(error.message == "a batch has at most 2 requests, not 3");
}

BOOST_AUTO_TEST_CASE(answers_are_one_object) {
    std::string out;
    append_result(out, "\"a\"", "{}");
    append_failure(out, null_id, {error_code::overloaded, "later", {}});
    BOOST_TEST(out ==
               R"({"jsonrpc":"2.0","id":"a","result":{}})"
               R"({"jsonrpc":"2.0","id":null,"error":{"code":1900,"message":"later","data":{"kind":"overloaded"}}})");
}

BOOST_AUTO_TEST_SUITE_END()
