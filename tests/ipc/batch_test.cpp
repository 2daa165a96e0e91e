// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using tests::wire_fixture;

namespace {

/// A request without its newline.
std::string element(std::string_view id, std::string_view method, std::string_view params = "{}") {
    std::string text = tests::request(id, method, params);
    text.pop_back();
    return text;
}
std::string silent(std::string_view method, std::string_view params = "{}") {
    std::string text = tests::notification(method, params);
    text.pop_back();
    return text;
}
std::string note_element(std::string_view id) {
    return element(id, "session.note", R"({"text":")" + std::string{id} + R"("})");
}
const std::string cone_result = R"({"jsonrpc":"2.0","id":"c","result":{"band":"A"}})";
const std::string cone_element = element("\"c\"", "cone.state");

}  // namespace

BOOST_AUTO_TEST_SUITE(batch)

BOOST_AUTO_TEST_CASE(the_answer_is_one_array_in_the_order_of_the_requests) {
    wire_fixture f;
    auto client = f.connect();
    client.send("[" + cone_element + " , 1,[]," + cone_element + "]\r\n");
    const std::string line = client.line();
    BOOST_TEST(line.starts_with("[" + cone_result + R"(,{"jsonrpc":"2.0","id":null,"error":{"code":-32600)"));
    BOOST_TEST(line.ends_with("," + cone_result + "]"));
}

BOOST_AUTO_TEST_CASE(deferred_and_immediate_answers_stay_in_order) {
    wire_fixture f;
    auto client = f.connect();
    client.send("[" + note_element("1") + "," + note_element("2") + "," + element("3", "no.such") + "," + cone_element +
                "]\n");
    f.wait_for_waiting(2);
    BOOST_TEST(f.executed().size() == 2U);  // the read waits
    f.answer(1);
    f.answer(0);
    const std::string line = client.line();
    BOOST_TEST(line.starts_with(R"([{"jsonrpc":"2.0","id":1,"result":"1"},{"jsonrpc":"2.0","id":2,"result":"2"},)"
                                R"({"jsonrpc":"2.0","id":3,"error":)"),
               line);
    BOOST_TEST(line.ends_with("," + cone_result + "]"), line);
}

BOOST_AUTO_TEST_CASE(a_batch_runs_alone_on_its_connection) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note_element("1") + "\n[" + note_element("2") + "]\n" + note_element("3") + "\n");
    for (const std::string_view expected :
         {R"({"jsonrpc":"2.0","id":1,"result":"1"})", R"([{"jsonrpc":"2.0","id":2,"result":"2"}])",
          R"({"jsonrpc":"2.0","id":3,"result":"3"})"}) {
        f.wait_for_waiting(1);
        BOOST_TEST(f.waiting() == 1U);
        f.answer();
        BOOST_TEST(client.line() == expected);
    }
}

BOOST_AUTO_TEST_CASE(what_is_pushed_meanwhile_comes_behind_the_array) {
    wire_fixture f;
    auto client = f.connect();
    client.send(element("0", "audit.follow") + "\n[" + cone_element + "," + note_element("1") + "]\n");
    BOOST_TEST(client.line() == R"({"jsonrpc":"2.0","id":0,"result":0})");
    f.wait_for_waiting(1);
    f.push("the follow ends\nand another\n");
    f.answer();
    BOOST_TEST(client.line() == "[" + cone_result + R"(,{"jsonrpc":"2.0","id":1,"result":"1"}])");
    BOOST_TEST(client.line() == "the follow ends");
    BOOST_TEST(client.line() == "and another");
    client.send("[" + silent("session.note", R"({"text":"n"})") + "]\n");
    f.wait_for_waiting(1);
    f.push("behind nothing\n");
    f.answer();
    BOOST_TEST(client.line() == "behind nothing");
}

BOOST_AUTO_TEST_CASE(a_batch_of_notifications_gives_no_bytes) {
    wire_fixture f;
    auto client = f.connect();
    client.send("[" + silent("cone.state") + "," + silent("session.note", R"({"text":"n"})") + "," + silent("no.such") +
                "]\n" + cone_element + "\n");
    f.wait_for_waiting(1);
    f.answer();
    BOOST_TEST(client.line() == cone_result);
    const std::vector<std::string> all{"cone.state", "n", "cone.state"};
    BOOST_TEST(f.executed() == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_answers_to_requests_are_in_the_array) {
    wire_fixture f;
    auto client = f.connect();
    client.send("[" + silent("cone.state") + "," + cone_element + "," + silent("cone.state") + "]\n");
    BOOST_TEST(client.line() == "[" + cone_result + "]");
}

BOOST_AUTO_TEST_CASE(an_empty_batch_is_one_invalid_request) {
    wire_fixture f;
    auto client = f.connect();
    client.send("[]\n" + cone_element + "\n");
    BOOST_TEST(client.line().starts_with(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600)"));
    BOOST_TEST(client.line() == cone_result);
}

BOOST_AUTO_TEST_CASE(nothing_of_a_malformed_or_too_large_batch_is_executed) {
    wire_fixture f;
    auto client = f.connect();
    std::string large = "[" + cone_element;
    for (int n = 0; n < 100; ++n) {
        large += "," + cone_element;
    }
    client.send("[" + cone_element + ",]\n" + large + "]\n");
    BOOST_TEST(client.line().starts_with(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700)"));
    BOOST_TEST(client.line().find("at most 100 requests, not 101") != std::string::npos);
    BOOST_TEST(f.executed().empty());
}

BOOST_AUTO_TEST_CASE(a_batch_as_large_as_allowed_is_executed) {
    wire_fixture f;
    auto client = f.connect();
    std::string text = "[" + cone_element;
    std::string expected = "[" + cone_result;
    for (int n = 0; n < 99; ++n) {
        text += "," + cone_element;
        expected += "," + cone_result;
    }
    client.send(text + "]\n");
    BOOST_TEST(client.line() == expected + "]");
}

BOOST_AUTO_TEST_SUITE_END()
