// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using tests::ask_cone;
using tests::cone;
using tests::notification;
using tests::raw_client;
using tests::request;
using tests::wire_fixture;

namespace {

std::string note(std::string_view text) {
    return request("1", "session.note", R"({"text":")" + std::string{text} + "\"}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(the_kernel_says_who_asks) {
    wire_fixture f;
    auto first = f.connect();
    auto second = f.connect();
    first.send(request("1", "daemon.info"));
    second.send(request("1", "daemon.info"));
    const auto expected = [](int connection) {
        return R"({"jsonrpc":"2.0","id":1,"result":{"connection":)" + std::to_string(connection) + R"(,"uid":)" +
               std::to_string(::getuid()) + "}}";
    };
    BOOST_TEST(first.line() == expected(1));
    BOOST_TEST(second.line() == expected(2));
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    wire_fixture f;
    auto client = f.connect();
    for (const char c : ask_cone) {
        client.send({&c, 1});
        f.on_io([] {});  // lets the server read what is there
    }
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_CASE(lines_may_end_like_on_other_systems) {
    wire_fixture f;
    auto client = f.connect();
    std::string line = ask_cone;
    line.insert(line.size() - 1, "\r");
    client.send(line + line);
    BOOST_TEST(client.line() == cone);
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_half_closed_connection_gets_its_answers) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note("a") + note("b") + ask_cone);
    client.end_of_input();
    f.wait_for_waiting(2);
    f.answer_all();
    const std::string all = client.rest();
    BOOST_TEST(all == R"({"jsonrpc":"2.0","id":1,"result":"a"})"
                      "\n"
                      R"({"jsonrpc":"2.0","id":1,"result":"b"})"
                      "\n" +
                          cone + "\n");
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(input_that_ends_in_the_middle_of_a_line_executes_nothing) {
    wire_fixture f;
    auto client = f.connect();
    client.send(ask_cone.substr(0, ask_cone.size() - 1));  // complete but for the newline
    client.end_of_input();
    BOOST_TEST(client.rest().empty());
    BOOST_TEST(f.executed().empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_leaves_nothing_behind) {
    wire_fixture f;
    for (const std::string& bytes : {std::string{}, std::string{"{"}, std::string{"\n\n"}, ask_cone + ask_cone}) {
        auto client = f.connect();
        client.send(bytes);
    }
    f.wait_for_connections(0);
    auto client = f.connect();
    client.send(ask_cone);
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_CASE(who_has_no_role_is_told_and_sent_away) {
    wire_fixture f{{}, ipc::role::none};
    auto client = f.connect();
    const std::string text = client.rest();
    BOOST_TEST(text.find(R"("kind":"forbidden")") != std::string::npos, text);
    BOOST_TEST(text.find("no role here") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_method_above_the_role_is_forbidden_and_says_which_is_needed) {
    wire_fixture f{{}, ipc::role::viewer};
    auto client = f.connect();
    client.send(note("x") + ask_cone);
    const std::string line = client.line();
    BOOST_TEST(line.find(R"("code":1000)") != std::string::npos, line);
    BOOST_TEST(line.find(R"("data":{"kind":"forbidden","role":"operator"})") != std::string::npos, line);
    BOOST_TEST(client.line() == cone);
    BOOST_TEST(f.executed().size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_denial_is_told_also_of_notifications_and_in_batches) {
    wire_fixture f{{}, ipc::role::viewer};
    auto client = f.connect();
    client.send(note("x") + notification("session.note", R"({"text":"y"})") +
                R"([{"jsonrpc":"2.0","id":2,"method":"health.clear","params":{}},)"
                R"({"jsonrpc":"2.0","id":3,"method":"session.note","params":{"text":"z"}}])"
                "\n" +
                ask_cone);
    client.lines(3);
    const std::vector<std::string> told{"session.note operator", "session.note operator", "health.clear operator",
                                        "session.note operator"};
    BOOST_TEST(f.denials() == told, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_is_not_let_in_is_told_of) {
    wire_fixture f{{}, ipc::role::none};
    auto client = f.connect();
    static_cast<void>(client.rest());
    BOOST_TEST(f.denials() == std::vector<std::string>{" viewer"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_denial_after_the_rules_were_asked_is_told_though_the_peer_has_hung_up) {
    wire_fixture f;
    const auto deny = [&f] {
        f.on_io([handle = f.take()]() mutable { handle.fail(ipc::forbidden("not yours", ipc::role::owner)); });
    };
    std::optional<raw_client> client{f.connect()};
    client->send(note("x"));
    f.wait_for_waiting(1);
    deny();
    BOOST_TEST(client->line().find(R"("role":"owner")") != std::string::npos);
    client->send(note("y") + note("z"));
    f.wait_for_waiting(2);
    client.reset();
    f.answer();  // which cannot be written
    f.wait_for_connections(0);
    deny();
    BOOST_TEST(f.denials() == (std::vector<std::string>{"session.note owner", "session.note owner"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_an_internal_error_and_is_reported) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "canon.get") + ask_cone);
    const std::string line = client.line();
    BOOST_TEST(line.find(R"("code":-32603)") != std::string::npos, line);
    BOOST_TEST(line.find("fire") == std::string::npos, "what went wrong inside stays inside");
    BOOST_TEST(client.line() == cone);
    BOOST_TEST(f.reports().at(0) == "canon.get: the canon is on fire");
}

BOOST_AUTO_TEST_CASE(a_handler_without_an_answer_is_an_internal_error) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "go.summary"));
    BOOST_TEST(client.line().find(R"("code":-32603)") != std::string::npos);
    BOOST_TEST(f.reports().at(0) == "go.summary: the handler gave no answer");
}

BOOST_AUTO_TEST_CASE(an_unknown_method_names_the_nearest) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "cone.stat"));
    const std::string line = client.line();
    BOOST_TEST(line.find(R"(no method \"cone.stat\"; did you mean \"cone.state\"?)") != std::string::npos, line);
    BOOST_TEST(line.find(R"("nearest":"cone.state")") != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(draining_finishes_what_was_begun_and_refuses_what_comes_after) {
    wire_fixture f;
    auto busy = f.connect();
    auto idle = f.connect();
    busy.send(note("a") + ask_cone);  // the read waits behind the note
    f.wait_for_waiting(1);
    f.wait_for_connections(2);
    std::promise<void> drained;
    f.on_io([&] { f.server().drain([&] { drained.set_value(); }); });
    BOOST_TEST(idle.rest().empty());
    BOOST_TEST(!std::filesystem::exists(f.path()));
    auto done = drained.get_future();
    BOOST_TEST((done.wait_for(std::chrono::seconds{0}) == std::future_status::timeout));
    f.answer();
    const std::string all = busy.rest();
    BOOST_TEST(all.starts_with(R"({"jsonrpc":"2.0","id":1,"result":"a"})"), all);
    BOOST_TEST(all.find(R"("kind":"shutting_down")") != std::string::npos, all);
    BOOST_TEST((done.wait_for(tests::patience) == std::future_status::ready));
    BOOST_TEST(f.executed().size() == 1U);
}

BOOST_AUTO_TEST_CASE(draining_without_connections_is_done) {
    wire_fixture f;
    std::promise<void> drained;
    f.on_io([&] { f.server().drain([&] { drained.set_value(); }); });
    BOOST_TEST((drained.get_future().wait_for(tests::patience) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(whoever_is_told_of_the_drained_server_may_destroy_it) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note("a"));
    f.wait_for_waiting(1);
    std::promise<void> destroyed;
    f.on_io([&] {
        f.server().drain([&] {
            f.server_is_gone();
            destroyed.set_value();
        });
    });
    f.answer();
    BOOST_TEST(client.rest() == R"({"jsonrpc":"2.0","id":1,"result":"a"})"
                                "\n");
    BOOST_TEST((destroyed.get_future().wait_for(tests::patience) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(no_new_connections_after_accepting_stopped_but_old_ones_go_on) {
    wire_fixture f;
    auto client = f.connect();
    f.wait_for_connections(1);
    f.on_io([&] { f.server().stop_accepting(); });
    BOOST_CHECK_THROW(raw_client{f.path()}, std::runtime_error);
    client.send(ask_cone);
    BOOST_TEST(client.line() == cone);
}

BOOST_AUTO_TEST_SUITE_END()
