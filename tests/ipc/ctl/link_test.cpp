// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/link.hpp"

#include <boost/test/unit_test.hpp>

#include "ipc/ctl/fault.hpp"

BOOST_AUTO_TEST_SUITE(ctl_link)

using namespace valhalla;
using namespace valhalla::ctl;

BOOST_AUTO_TEST_CASE(a_result_keeps_its_bytes) {
    const std::string result = R"({"n":1.10, "big":123456789012345678901234567890,"s":"a\"},{\\"})";
    BOOST_TEST(read_reply(R"({"jsonrpc":"2.0","id":1,"result":)" + result + "}").text == result);
    BOOST_TEST(read_reply(R"({ "result" : [1, {"result":2}] , "id":1 })").text == R"([1, {"result":2}])");
    BOOST_TEST(read_reply(R"({"id":"result","result":null})").text == "null");
}

BOOST_AUTO_TEST_CASE(an_exponent_that_no_double_has_is_no_reason_to_refuse_an_answer) {
    for (const std::string number :
         {"1e400", "-1E99999999999", "1e-99999999999999999999", "1e0000000000000000001", "-0"}) {
        const auto result = R"({"s":"1e99999999999\\","n":)" + number + "}";
        const auto got = read_reply(R"({"jsonrpc":"2.0","id":1,"result":)" + result + "}");
        BOOST_TEST(got.text == result);
        BOOST_TEST(got.value.at("s") == "1e99999999999\\");
        BOOST_TEST(json_object_of_user(result, "it") == result);
    }
}

BOOST_AUTO_TEST_CASE(an_error_reply_is_thrown_whole) {
    const auto* line = R"({"id":1,"error":{"code":1100,"message":"busy","data":{"kind":"session_active"}}})";
    BOOST_CHECK_EXCEPTION(read_reply(line), ipc::call_error,
                          [](const ipc::call_error& e) { return e.object().at("code") == 1100; });
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_is_no_daemon) {
    for (const auto* line : {"", "HTTP/1.1 400 Bad Request", "[]", "{}", "{\"id\":1}", "{\"result\":"}) {
        BOOST_CHECK_THROW(read_reply(line), ipc::connection_error);
    }
}

BOOST_AUTO_TEST_CASE(parameters_are_built_as_json) {
    const auto text = params{}
                          .text("a", "say \"hi\"\n")
                          .number("n", std::int64_t{-3})
                          .flag("f", false)
                          .json("j", "{\"x\":1.10}")
                          .text_if("none", std::nullopt)
                          .number_if("m", std::uint64_t{18446744073709551615ULL})
                          .done();
    BOOST_TEST(text == R"({"a":"say \"hi\"\n","n":-3,"f":false,"j":{"x":1.10},"m":18446744073709551615})");
    BOOST_TEST(params{}.done() == "{}");
}

BOOST_AUTO_TEST_CASE(typed_json_travels_as_it_stands_on_one_line) {
    BOOST_TEST(json_object_of_user("{\"x\":\r\n 1.10}", "it") == "{\"x\":   1.10}");
    for (const auto* wrong : {"", "[1]", "1", "{", "{\"a\":1} x", "{'a':1}", "{\"a\":\"raw\nbreak\"}"}) {
        BOOST_CHECK_EXCEPTION(json_object_of_user(wrong, "it"), fault,
                              [](const fault& f) { return f.code() == exit_code::wrong_usage; });
    }
}

BOOST_AUTO_TEST_SUITE_END()
