// SPDX-License-Identifier: Apache-2.0
//
// Lost connections under the blocking client: what is sent again, and what never is.
#include <string>
#include <valhalla/client.hpp>
#include <valhalla/methods.hpp>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/client/quick_options.hpp"
#include "tests/ipc/ctl/scripted_socket.hpp"

namespace {

using namespace std::chrono_literals;
using valhalla::ctl::test::answer_all;
using valhalla::ctl::test::scripted_peer;
using valhalla::ctl::test::scripted_socket;
using valhalla::ctl::test::swallow;
using valhalla::tests::quick;

constexpr std::string_view note_result =
    R"({"active":true,"started_at_utc":null,"ended_at_utc":null,"cone_band":null,"status":null,"notes":null,)"
    R"("snapshot":null,"id":4,"operator":"anna","start_notes":null,"end_notes":null,"end_reason":null,"first_seq":1})";

auto saying(std::string_view part) {
    return [part](const std::exception& e) {
        BOOST_TEST(std::string_view{e.what()}.find(part) != std::string_view::npos, e.what());
        return true;
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_reconnect)

BOOST_AUTO_TEST_CASE(a_read_is_sent_again) {
    const scripted_socket daemon{{swallow, swallow, answer_all(R"({"band":"B"})")}};
    valhalla::client client{quick(daemon.path())};
    BOOST_TEST((client.call("cone.state").at("band") == "B"));
}

BOOST_AUTO_TEST_CASE(a_change_with_a_key_is_sent_again_byte_for_byte) {
    std::vector<std::string> seen;
    const auto note = [&](scripted_peer& peer) { seen.push_back(peer.line()); };
    {
        const scripted_socket daemon{{note, note, answer_all(note_result)}};
        valhalla::client client{quick(daemon.path())};
        BOOST_TEST(client.call(valhalla::api::session_note{.text = "x", .request_key = "k"}).id == 4);
    }
    BOOST_REQUIRE(seen.size() == 2U);
    const auto params = [](const std::string& line) { return line.substr(line.find("params")); };
    BOOST_TEST(params(seen[0]) == params(seen[1]));
}

BOOST_AUTO_TEST_CASE(a_change_without_a_key_is_never_sent_twice) {
    int more = 0;
    {
        const scripted_socket daemon{{swallow, [&](scripted_peer& peer) { more += peer.line().empty() ? 0 : 1; }}};
        valhalla::client client{quick(daemon.path())};
        BOOST_CHECK_EXCEPTION(client.call(valhalla::api::session_note{.text = "x"}), valhalla::outcome_unknown,
                              saying("nobody knows whether session.note was carried out"));
    }
    BOOST_TEST(more == 0);
}

BOOST_AUTO_TEST_CASE(what_nobody_took_is_sent_again_whatever_it_is) {
    // The first connection ends while nothing is asked: what is sent into it was certainly not read.
    const scripted_socket daemon{
        {[](scripted_peer& peer) { peer.answer(peer.line(), R"({"band":"A"})"); }, answer_all(note_result)}};
    valhalla::client client{quick(daemon.path())};
    BOOST_TEST((client.call("cone.state").at("band") == "A"));
    BOOST_CHECK_THROW(client.next_notification(), valhalla::connection_error);  // it has hung up
    BOOST_TEST(client.call(valhalla::api::session_note{.text = "x"}).id == 4);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_shuts_down_did_nothing_so_the_next_one_is_asked) {
    const auto refuse = [](scripted_peer& peer) {
        static_cast<void>(peer.line());
        peer.send(R"({"jsonrpc":"2.0","id":1,"error":{"code":1903,"message":"bye","data":{"kind":"shutting_down"}}})"
                  "\n");
    };
    const scripted_socket daemon{{refuse, answer_all(note_result)}};
    valhalla::client client{quick(daemon.path())};
    BOOST_TEST(client.call(valhalla::api::session_note{.text = "x"}).id == 4);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_know_is_an_unknown_outcome_without_a_key) {
    const auto doubt = [](scripted_peer& peer) {
        static_cast<void>(peer.line());
        peer.send(R"({"jsonrpc":"2.0","id":1,"error":{"code":1902,"message":"disk","data":{"kind":"outcome_unknown"}}})"
                  "\n");
    };
    {
        const scripted_socket daemon{{doubt}};
        valhalla::client client{quick(daemon.path())};
        BOOST_CHECK_THROW(client.call(valhalla::api::session_note{.text = "x"}), valhalla::outcome_unknown);
    }
    const scripted_socket daemon{{doubt, answer_all(note_result)}};
    valhalla::client client{quick(daemon.path())};
    BOOST_TEST(client.call(valhalla::api::session_note{.text = "x", .request_key = "k"}).id == 4);
}

BOOST_AUTO_TEST_CASE(attempts_end) {
    auto options = quick("");
    options.retries = 2;
    int reads = 0;
    int changes = 0;
    const auto count = [](int& n) { return [&n](scripted_peer& peer) { n += peer.line().empty() ? 0 : 1; }; };
    {
        const scripted_socket daemon{{count(reads), count(reads), count(reads), count(reads)}};
        options.socket = daemon.path();
        valhalla::client client{options};
        BOOST_CHECK_EXCEPTION(client.call("cone.state"), valhalla::connection_error,
                              saying("closed the connection before it answered"));
    }
    BOOST_TEST(reads == 3);
    {
        const scripted_socket daemon{{count(changes), count(changes), count(changes), count(changes)}};
        options.socket = daemon.path();
        valhalla::client client{options};
        BOOST_CHECK_EXCEPTION(client.call(valhalla::api::session_note{.text = "x", .request_key = "k"}),
                              valhalla::outcome_unknown, saying("with the same request_key"));
    }
    BOOST_TEST(changes == 3);
}

BOOST_AUTO_TEST_CASE(silence_is_not_asked_again_and_leaves_a_change_in_doubt) {
    auto options = quick("");
    options.timeout = 50ms;
    const auto silent = [](scripted_peer& peer) {
        while (!peer.line().empty()) {
        }
    };
    const scripted_socket daemon{{silent, silent}};
    options.socket = daemon.path();
    valhalla::client one{options};
    BOOST_CHECK_EXCEPTION(one.call(valhalla::api::session_note{.text = "x"}), valhalla::outcome_unknown,
                          saying("no answer within"));
    BOOST_CHECK_EXCEPTION(one.call("cone.state"), valhalla::connection_error, saying("no answer within"));
}

BOOST_AUTO_TEST_CASE(a_follow_does_not_vanish_silently_with_its_connection) {
    const scripted_socket daemon{{[](scripted_peer& peer) {
                                      peer.answer(peer.line(), R"({"follow":1,"after":0})");
                                      static_cast<void>(peer.line());
                                  },
                                  answer_all(R"({"band":"B"})")}};
    valhalla::client client{quick(daemon.path())};
    client.call(valhalla::api::audit_follow{});
    BOOST_TEST((client.call("cone.state").at("band") == "B"));
    BOOST_CHECK_EXCEPTION(client.next_notification(), valhalla::connection_error, saying("begin it again"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_the_library_does_not_understand_is_told) {
    const scripted_socket daemon{{answer_all(R"({"id":"four"})")}};
    valhalla::client client{quick(daemon.path())};
    BOOST_CHECK_EXCEPTION(client.call(valhalla::api::session_note{.text = "x"}), valhalla::answer_error,
                          saying("active is missing"));
}

BOOST_AUTO_TEST_SUITE_END()
