// SPDX-License-Identifier: Apache-2.0
//
// --request-key, and changes whose answer is lost.
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/ipc/ctl/scripted_socket.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_request_key)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;

BOOST_AUTO_TEST_CASE(every_command_that_changes_something_sends_its_key) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> changes{
        {"session.start", {"session", "start"}},
        {"session.end", {"session", "end"}},
        {"session.note", {"session", "note", "x"}},
        {"cone.set", {"cone", "set", "B", "--reason", "r"}},
        {"cone.decide", {"decide", "flips", "scale"}},
        {"health.report", {"health", "report", "jobs", "green"}},
        {"health.clear", {"health", "clear", "jobs"}},
        {"thresholds.set", {"thresholds", "set", "deny_rate_red=0.5"}},
        {"go.complete", {"go", "done", "s"}},
        {"go.complete", {"go", "undo", "s"}},
        {"audit.append", {"audit", "append", "X_E", "{}"}},
        {"audit.witness", {"audit", "witness", "-"}},
        {"operator.lock", {"operator", "lock", "anna", "why"}},
        {"operator.unlock", {"operator", "unlock", "anna"}},
        {"key.create", {"key", "create", "board", "viewer"}},
        {"key.revoke", {"key", "revoke", "00112233aabb"}},
        {"backup.create", {"backup"}},
        {"canon.reload", {"call", "canon.reload"}},
        {"export.write", {"call", "export.write"}},
        {"import.commit", {"call", "import.commit", R"({"upload":"1"})"}},
        {"daemon.stop", {"call", "daemon.stop"}},
        {"session.note", {"call", "session.note", R"({ "text" : "x" } )"}},
        {"session.start", {"call", "session.start"}},
    };
    for (const auto& [method, words] : changes) {
        auto arguments = words;
        arguments.insert(arguments.end(), {"--request-key", "a \"key\""});
        fake_daemon daemon;
        daemon.answers(method, R"({"id":1,"key":"k","allowed":true,"seq":1,"signatures":"","origin":"o","size":1})");
        const auto got = run(daemon, arguments, {.typed = "old 0\n\no\n1\nAA==\n\n— o AAAA\n"});
        BOOST_TEST_CONTEXT(method << ": " << got.err) {
            BOOST_REQUIRE(daemon.count(method) == 1U);
            BOOST_TEST((boost::json::parse(daemon.requests().back().params).at("request_key") == "a \"key\""));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_whose_text_is_lost_is_said_to_be) {
    fake_daemon daemon;
    daemon.answers("key.create", R"({"id":"00112233aabb","key":null,"name":"board","role":"viewer"})");
    const auto quiet = run(daemon, {"key", "create", "board", "viewer", "--request-key", "k", "--quiet"});
    BOOST_TEST(quiet.code == 1);
    BOOST_TEST(quiet.out == "");
    const auto got = run(daemon, {"key", "create", "board", "viewer", "--request-key", "k"});
    BOOST_TEST(got.err ==
               "valhallactl: key 00112233aabb was made by the first request, and its text is lost\n"
               "  revoke it with 'valhallactl key revoke 00112233aabb', then make another\n");
}

BOOST_AUTO_TEST_CASE(what_changes_nothing_takes_no_key) {
    fake_daemon daemon;
    BOOST_TEST(run(daemon, {"call", "cone.state", "--request-key", "k"}).code == 3);
    BOOST_TEST(run(daemon, {"cone", "show", "--request-key", "k"}).code == 3);
    BOOST_TEST(run(daemon, {"decide", "a", "b", "--explain", "--request-key", "k"}).code == 3);
    BOOST_TEST(run(daemon, {"session", "start", "--request-key", ""}).code == 3);
    BOOST_TEST(run(daemon, {"session", "start", "--request-key", std::string(129, 'k')}).code == 3);
    BOOST_TEST(daemon.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_change_whose_answer_is_lost_is_told_as_what_it_is) {
    const auto swallow = [](scripted_peer& peer) { static_cast<void>(peer.line()); };
    const scripted_socket daemon{{swallow, swallow}};
    const auto change = run_on_socket({"--socket", daemon.path(), "session", "note", "x"});
    BOOST_TEST(change.code == 2);
    BOOST_TEST(change.err.find("nobody knows whether session.note was carried out") != std::string::npos);
    BOOST_TEST(change.err.find("--request-key") != std::string::npos);
    const auto read = run_on_socket({"--socket", daemon.path(), "cone", "show"});
    BOOST_TEST(read.code == 2);
    BOOST_TEST(read.err.find("nobody knows") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_session_asks_for_notes_once_unless_told_not_to) {
    fake_daemon daemon;
    daemon.answers("session.start", R"({"id":1})");
    BOOST_TEST(run(daemon, {"session", "start"}, {.can_ask = true, .typed = "a look\n"}).code == 0);
    BOOST_TEST(run(daemon, {"session", "start"}, {.can_ask = true, .typed = "\n"}).code == 0);
    const auto quiet = run(daemon, {"--no-input", "session", "start"}, {.can_ask = true, .typed = "a look\n"});
    BOOST_TEST(quiet.err == "");
    BOOST_REQUIRE(daemon.requests().size() == 3U);
    BOOST_TEST(daemon.requests()[0].params == R"({"notes":"a look"})");
    BOOST_TEST(daemon.requests()[1].params == "{}");
    BOOST_TEST(daemon.requests()[2].params == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
