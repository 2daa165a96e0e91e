// SPDX-License-Identifier: Apache-2.0
//
// Exit codes, error sentences, --json.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/ipc/ctl/scripted_socket.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_outcome)

using namespace valhalla::ctl::test;

BOOST_AUTO_TEST_CASE(a_refusal_is_1_and_one_sentence_with_what_to_do) {
    fake_daemon daemon;
    daemon.refuses("session.end", 1101, "no_active_session", "anna has no active session");
    const auto got = run(daemon, {"session", "end"});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.out == "");
    BOOST_TEST(got.err == "valhallactl: anna has no active session\n  begin one with 'valhallactl session start'\n");
}

BOOST_AUTO_TEST_CASE(near_names_are_a_hint) {
    fake_daemon daemon;
    daemon.refuses("cone.decide", 1200, "unknown_engine", "there is no engine 'flip'",
                   R"(,"key":"engine","nearest":["flips","fx\u001b[1m"])");
    const auto got = run(daemon, {"decide", "flip", "run"});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: there is no engine 'flip'\n  did you mean: flips, fx\\x1b[1m\n");
}

BOOST_AUTO_TEST_CASE(a_hint_does_not_repeat_the_sentence) {
    fake_daemon daemon;
    daemon.refuses("cone.decide", 1200, "unknown_engine", "there is no engine flip. Did you mean flips?",
                   R"(,"nearest":["flips"])");
    BOOST_TEST(run(daemon, {"decide", "flip", "run"}).err ==
               "valhallactl: there is no engine flip. Did you mean flips?\n");
}

BOOST_AUTO_TEST_CASE(a_running_session_hints_at_the_options_that_help) {
    fake_daemon daemon;
    daemon.refuses("session.start", 1100, "session_active", "session 3 is active");
    const auto got = run(daemon, {"session", "start"});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err.find("--supersede") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_json_the_error_is_an_object_on_standard_output) {
    fake_daemon daemon;
    daemon.refuses("cone.decide", 1200, "unknown_engine", "no such engine", R"(,"nearest":["flips"])");
    const auto got = run(daemon, {"decide", "flip", "run", "--json"});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "");
    BOOST_TEST(
        got.out ==
        "{\"error\":{\"code\":1200,\"message\":\"no such engine\",\"data\":{\"kind\":\"unknown_engine\",\"nearest\":["
        "\"flips\"]}}}\n");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_is_stopped_listens_but_does_not_answer) {
    const scripted_socket daemon{{[](scripted_peer& peer) { static_cast<void>(peer.line() + peer.line()); }}};
    seat at;
    at.patience = std::chrono::milliseconds{100};
    const auto got = run_on_socket({"--socket", daemon.path(), "cone", "show"}, at);
    BOOST_TEST(got.code == 2);
    BOOST_TEST(got.err.find(daemon.path() + ": it listens but does not answer: no answer within ") != std::string::npos,
               got.err);
    BOOST_TEST(got.err.find("it may be stopped") != std::string::npos, got.err);
    BOOST_TEST(got.err.find("start ") == std::string::npos, got.err);
}

BOOST_AUTO_TEST_CASE(no_daemon_is_2_and_names_the_socket) {
    const auto got = run_without_daemon({"--socket", "/nonexistent/here.sock", "status"});
    BOOST_TEST(got.code == 2);
    BOOST_TEST(got.out == "");
    BOOST_TEST(got.err.find("/nonexistent/here.sock") != std::string::npos);
    const auto json = run_without_daemon({"--socket", "/nonexistent/here.sock", "status", "--json"});
    BOOST_TEST(json.code == 2);
    BOOST_TEST(boost::json::parse(json.out).at("error").at("data").at("kind") == "no_daemon");
}

BOOST_AUTO_TEST_CASE(the_default_socket_is_used_without_option) {
    const auto got = run_without_daemon({"status"});
    BOOST_TEST(got.code == 2);
    BOOST_TEST(got.err.find("/nowhere/valhallad.sock") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_usage_with_json_is_an_object_too) {
    fake_daemon daemon;
    const auto got = run(daemon, {"--json", "frobnicate"});
    BOOST_TEST(got.code == 3);
    BOOST_TEST(boost::json::parse(got.out).at("error").at("data").at("kind") == "wrong_usage");
}

BOOST_AUTO_TEST_CASE(a_denied_decision_is_4) {
    fake_daemon daemon;
    daemon.answers("cone.decide", R"({"allowed":false,"band":"C","engine":"flips","action":"scale"})");
    daemon.answers("cone.explain", R"({"allowed":true,"band":"A","engine":"flips","action":"scale"})");
    BOOST_TEST(run(daemon, {"decide", "flips", "scale"}).code == 4);
    BOOST_TEST(run(daemon, {"decide", "flips", "scale", "--json"}).code == 4);
    BOOST_TEST(run(daemon, {"decide", "flips", "scale", "--explain"}).code == 0);
}

BOOST_AUTO_TEST_CASE(json_is_the_result_as_it_came_on_one_line) {
    fake_daemon daemon;
    daemon.answers("cone.state", R"({"band":"B","metrics":{"x":1.10,"y":12345678901234567890123}})");
    const auto got = run(daemon, {"cone", "show", "--json"});
    BOOST_TEST(got.out == "{\"band\":\"B\",\"metrics\":{\"x\":1.10,\"y\":12345678901234567890123}}\n");
}

BOOST_AUTO_TEST_CASE(json_on_a_terminal_cannot_act_on_it) {
    fake_daemon daemon;
    daemon.answers("cone.state",
                   "{\"reason\":\"\xc2\x9b"
                   "31m\"}");
    BOOST_TEST(run(daemon, {"cone", "show", "--json"}, {.out_is_terminal = true}).out ==
               "{\"reason\":\"\\u009b31m\"}\n");
    BOOST_TEST(run(daemon, {"cone", "show", "--json"}).out ==
               "{\"reason\":\"\xc2\x9b"
               "31m\"}\n");
}

BOOST_AUTO_TEST_CASE(an_error_message_cannot_act_on_the_terminal) {
    fake_daemon daemon;
    daemon.refuses("cone.state", -32603, "internal_error", "\x1b]0;owned\a\nvalhallactl: all is well");
    const auto got = run(daemon, {"cone", "show"});
    BOOST_TEST(got.err == "valhallactl: \\x1b]0;owned\\x07\\nvalhallactl: all is well\n");
}

BOOST_AUTO_TEST_CASE(status_as_json_is_one_object) {
    fake_daemon daemon;
    for (const auto* method : {"daemon.info", "health.status", "session.status", "audit.list"}) {
        daemon.answers(method, std::string{"{\"from\":\""} + method + "\"}");
    }
    BOOST_TEST(run(daemon, {"status", "--json"}).out ==
               R"({"daemon":{"from":"daemon.info"},"health":{"from":"health.status"},)"
               R"("session":{"from":"session.status"},"events":{"from":"audit.list"}})"
               "\n");
}

BOOST_AUTO_TEST_CASE(answers_of_another_shape_cost_no_crash) {
    for (const auto* shape :
         {"{}", "[]", "null", "7", R"({"items":[1,{"payload":3}],"steps":{},"cone":[],"signals":[[]]})"}) {
        for (const auto& arguments : std::vector<std::vector<std::string>>{{"status"},
                                                                           {"session", "status"},
                                                                           {"session", "list"},
                                                                           {"session", "show", "1"},
                                                                           {"cone", "show"},
                                                                           {"cone", "history"},
                                                                           {"canon"},
                                                                           {"health", "show"},
                                                                           {"thresholds", "show"},
                                                                           {"go", "checklist"},
                                                                           {"go", "next"},
                                                                           {"go", "summary"},
                                                                           {"audit", "list"},
                                                                           {"call", "cone.state"}}) {
            fake_daemon daemon;
            for (const auto* method : {"daemon.info", "health.status", "session.status", "session.list", "session.get",
                                       "cone.state", "cone.history", "canon.get", "thresholds.get", "go.checklist",
                                       "go.next_step", "go.summary", "audit.list"}) {
                daemon.answers(method, shape);
            }
            BOOST_TEST(run(daemon, arguments).code == 0);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
