// SPDX-License-Identifier: Apache-2.0
//
// Answers: their shapes, their statuses, their text.
#include <string>

#include <boost/test/unit_test.hpp>

#include "ipc/http/refusal.hpp"
#include "ipc/http/response.hpp"
#include "ipc/http/shapes.hpp"

using namespace valhalla::http;

BOOST_AUTO_TEST_SUITE(http_answers)

BOOST_AUTO_TEST_CASE(numbers_keep_their_digits) {
    shaped_answer made;
    BOOST_TEST(shape_session(
        R"({"active":true,"started_at_utc":null,"ended_at_utc":null,"cone_band":"A","status":null,"notes":"ä\n",)"
        R"("snapshot":{"metrics":{"a":1.50,"b":12345678901234567890}},"id":7})",
        made));
    BOOST_TEST(
        made.body ==
        R"({"active":true,"started_at_utc":null,"ended_at_utc":null,"cone_band":"A","status":null,"notes":"ä\n",)"
        R"("snapshot":{"metrics":{"a":1.50,"b":12345678901234567890}}})");
}

BOOST_AUTO_TEST_CASE(a_result_without_a_member_is_not_made_up) {
    shaped_answer made;
    BOOST_TEST(!shape_session(R"({"active":true})", made));
    BOOST_TEST(!shape_session("[]", made));
    BOOST_TEST(!shape_summary("{}", made));
    BOOST_TEST(!shape_tile(R"({"hashes":"abc"})", made));
}

BOOST_AUTO_TEST_CASE(answers_are_read_however_deep_and_wide_they_are) {
    const auto deep = std::string(200, '[') + std::string(200, ']');
    std::string wide = "{";
    for (int n = 0; n < 20'000; ++n) {
        wide.append(n == 0 ? "" : ",").append("\"k" + std::to_string(n) + "\":1");
    }
    wide += '}';
    shaped_answer made;
    BOOST_TEST(
        shape_session(R"({"active":true,"started_at_utc":null,"ended_at_utc":null,"cone_band":"A","status":null,)"
                      R"("notes":"]}\"","snapshot":{"a":)" +
                          deep + ",\"b\":" + wide + "},\"id\":7}",
                      made));
    BOOST_TEST(made.body.ends_with(wide + "}}"));
    BOOST_TEST(!shape_session(R"({"active":true)", made));
}

BOOST_AUTO_TEST_CASE(a_tile_is_bytes) {
    for (const auto& [base64, bytes] : {std::pair{"AAEC", 3U}, std::pair{"AAE=", 2U}, std::pair{"AA==", 1U}}) {
        shaped_answer made;
        BOOST_TEST(shape_tile(std::string{R"({"hashes":")"} + base64 + "\"}", made));
        BOOST_TEST(made.body.size() == bytes);
    }
}

BOOST_AUTO_TEST_CASE(an_end_of_nothing_keeps_the_end_that_was) {
    constexpr auto ended =
        R"({"active":false,"started_at_utc":"s","ended_at_utc":"e","cone_band":"A","status":"green","notes":"n",)"
        R"("snapshot":null,"id":1})";
    shaped_answer made;
    BOOST_TEST(shape_nothing_ended(ended, "null", "now", made));
    BOOST_TEST(made.body.find(R"("ended_at_utc":"e")") != std::string::npos);
    BOOST_TEST(made.body.find(R"("notes":"n")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_is_told_in_the_old_shape) {
    const auto& decide = *find_route(verb::get, "/core/cone/decide").value().row;
    auto made = refusal_of(R"({"code":1200,"message":"no \"x\"","data":{"kind":"unknown_engine","key":"engine"}})",
                           decide, false);
    BOOST_TEST(made.status == 422);
    BOOST_TEST(made.body == R"({"detail":[{"loc":["query","engine"],"msg":"no \"x\"","type":"value_error"}]})");
    made = refusal_of(R"({"code":1002,"message":"slow","data":{"kind":"rate_limited","retry_after_ms":1001}})", decide,
                      false);
    BOOST_TEST(made.status == 429);
    BOOST_TEST(made.retry_after_s == 2U);
    BOOST_TEST(made.body == R"({"detail":"slow"})");
    made = refusal_of(R"({"code":1902,"message":"m","data":{"kind":"outcome_unknown"}})", decide, false);
    BOOST_TEST(made.retry_after_s == 0U);  // not to be repeated blindly
    BOOST_TEST(refusal_of("nonsense", decide, false).status == 500);
    BOOST_TEST(refusal_of(R"({"code":4711,"message":"m","data":{}})", decide, false).status == 500);
}

BOOST_AUTO_TEST_CASE(an_answer_has_the_length_that_it_says) {
    date_text date;
    answer_context context;
    std::string out;
    append_response(out, {.body = "{}", .etag = "\"1\""}, context, date);
    BOOST_TEST(out.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    BOOST_TEST(out.ends_with("\r\n\r\n{}"));
    BOOST_TEST(out.find("Content-Length: 2\r\n") != std::string::npos);
    out.clear();
    context.head_only = true;
    append_response(out, {.body = "{}"}, context, date);
    BOOST_TEST(out.ends_with("\r\n\r\n"));
    BOOST_TEST(out.find("Content-Length: 2\r\n") != std::string::npos);
    out.clear();
    append_response(out, {.status = 304}, context, date);
    BOOST_TEST(out.find("Content-Length") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(validators_and_codings) {
    const auto etag = etag_of("a");
    BOOST_TEST(etag.size() == 34U);
    BOOST_TEST(etag != etag_of("b"));
    BOOST_TEST(names_etag("W/" + etag + ", \"x\"", etag));
    BOOST_TEST(names_etag("*", etag));
    BOOST_TEST(!names_etag("\"x\"", etag));
    BOOST_TEST(!names_etag("", etag));
    for (const char* const taken : {"gzip", "br, gzip", "gzip;q=0.1", "gzip, br;q=0", "GZIP", "x-gzip", "*",
                                    "br,\tgzip ;q=1", "*;q=0, gzip", "identity;q=1, gzip;q=0.0001"}) {
        BOOST_TEST(accepts_gzip(taken), taken);
    }
    for (const char* const refused : {"", "br", "gzip;q=0", "gzip;q=0.000, br", "gzip;Q=0", "gzip ; q=0.0",
                                      "notgzipatall", "xgzip", "*;q=0", "gzip;q=0, *", "deflate;q=1,gzip;a=b;q=0"}) {
        BOOST_TEST(!accepts_gzip(refused), refused);
    }
    BOOST_TEST(!gzipped(std::string(5000, 'a')).empty());
    BOOST_TEST(gzipped("a").empty());  // it would only get larger
}

BOOST_AUTO_TEST_SUITE_END()
