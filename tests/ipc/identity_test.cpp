// SPDX-License-Identifier: Apache-2.0
//
// Peers whose users have to be looked up, roles that change while a connection is open, and places for owners.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using namespace std::chrono_literals;
using ipc::identity;
using ipc::role;
using tests::ask_cone;
using tests::cone;
using tests::raw_client;
using tests::request;
using tests::wire_fixture;

namespace {

const std::string ask_for_role = request("0", "operator.locks");
const std::string note_by_peer = request("1", "session.note", R"({"text":"n"})");

bool has(const std::string& line, std::string_view part) {
    return line.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(identities_of_peers)

BOOST_AUTO_TEST_CASE(a_peer_that_is_looked_up_waits_and_the_others_are_served) {
    wire_fixture f;
    auto early = f.connect();
    early.send(ask_cone);
    BOOST_TEST(early.line() == cone);
    f.look_users_up();
    auto late = f.connect();
    late.send(ask_cone);
    f.wait_for_look_ups(1);
    for (int n = 0; n < 20; ++n) {
        early.send(ask_cone);
        BOOST_TEST(early.line() == cone);
    }
    BOOST_TEST(!late.has_input());
    f.answer_look_up(0, identity{"late", role::viewer});
    BOOST_TEST(late.line() == cone);
    late.send(note_by_peer);
    BOOST_TEST(has(late.line(), "late has the role viewer"));
}

BOOST_AUTO_TEST_CASE(who_cannot_be_looked_up_is_asked_to_come_again) {
    wire_fixture f;
    f.look_users_up();
    auto client = f.connect();
    f.wait_for_look_ups(1);
    f.answer_look_up(0, std::nullopt);
    const auto said = client.rest();
    BOOST_TEST(has(said, R"("kind":"overloaded")"), said);
    BOOST_TEST(has(said, "user database"), said);
    BOOST_TEST(f.denials().empty(), "nothing was denied");
}

BOOST_AUTO_TEST_CASE(peers_that_are_looked_up_count_as_connections) {
    ipc::limits bounds;
    bounds.connections = 8;
    bounds.connections_per_uid = 3;
    wire_fixture f{bounds};
    f.look_users_up();
    std::vector<raw_client> waiting;
    for (int n = 0; n < 3; ++n) {
        waiting.push_back(f.connect());
    }
    f.wait_for_look_ups(3);
    auto beyond = f.connect();
    BOOST_TEST(has(beyond.rest(), "has 3 connections"));
    f.answer_look_up(0, identity{"u", role::viewer});
    f.wait_for_connections(1);
    auto still = f.connect();
    BOOST_TEST(has(still.rest(), "has 3 connections"));
    f.answer_look_up(0, std::nullopt);
    waiting.at(1).rest();
    waiting.push_back(f.connect());
    f.wait_for_look_ups(2);
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_closes_those_that_are_looked_up) {
    wire_fixture f;
    f.look_users_up();
    auto client = f.connect();
    f.wait_for_look_ups(1);
    f.on_io([&] { f.server().stop_accepting(); });
    f.answer_look_up(0, identity{"u", role::owner});
    BOOST_TEST(has(client.rest(), R"("kind":"shutting_down")"));
}

BOOST_AUTO_TEST_CASE(a_role_that_was_lost_is_lost_over_an_open_connection_too) {
    ipc::limits bounds;
    bounds.no_role_time = 1h;
    wire_fixture f{bounds, role::owner};
    f.set_key("k", role::operator_);
    auto user = f.connect();
    auto with_key = f.connect();
    with_key.send(request("9", "auth.key", R"({"key":"k"})"));
    BOOST_TEST(has(with_key.line(), "true"));
    user.send(ask_for_role);
    BOOST_TEST(has(user.line(), "user owner"));
    f.set_role(role::viewer);
    user.send(ask_for_role + note_by_peer);
    BOOST_TEST(has(user.line(), "user viewer"));
    BOOST_TEST(has(user.line(), R"("kind":"forbidden")"));
    f.set_role(role::none);
    user.send(ask_for_role);
    BOOST_TEST(has(user.line(), "has no role here"));
    with_key.send(ask_for_role);
    BOOST_TEST(has(with_key.line(), "ci operator"));
    f.set_role(role::operator_);
    user.send(ask_for_role);
    BOOST_TEST(has(user.line(), "user operator"));
}

BOOST_AUTO_TEST_CASE(who_has_lost_every_role_is_disconnected_after_a_while) {
    ipc::limits bounds;
    bounds.no_role_time = 1ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds, role::viewer};
    auto client = f.connect();
    client.send(ask_cone);
    BOOST_TEST(client.line() == cone);
    f.set_role(role::none);
    BOOST_TEST(has(client.rest(), "has no role here"));
    f.wait_for_connections(0);
    f.set_role(role::viewer);
    auto again = f.connect();
    again.send(ask_cone);
    BOOST_TEST(again.line() == cone);
}

BOOST_AUTO_TEST_CASE(a_role_that_is_looked_up_again_changes_when_the_answer_comes) {
    wire_fixture f{{}, role::owner};
    auto client = f.connect();
    client.send(ask_for_role);
    BOOST_TEST(has(client.line(), "user owner"));
    f.look_users_up();
    f.set_role(role::owner);  // has them looked up
    f.wait_for_look_ups(1);
    client.send(ask_for_role);
    BOOST_TEST(has(client.line(), "user owner"));
    f.answer_look_up(0, std::nullopt);  // no answer takes no role
    client.send(ask_for_role);
    BOOST_TEST(has(client.line(), "user owner"));
    f.set_role(role::owner);
    f.wait_for_look_ups(1);
    f.answer_look_up(0, identity{"u", role::viewer});
    client.send(ask_for_role);
    BOOST_TEST(has(client.line(), "user viewer"));
    f.set_role(role::owner);
    f.wait_for_look_ups(1);
    {
        const auto gone = std::move(client);
    }
    f.wait_for_connections(0);
    f.answer_look_up(0, identity{"u", role::owner});  // for a connection that is not there any more
}

BOOST_AUTO_TEST_CASE(some_places_are_kept_for_owners) {
    BOOST_TEST(ipc::connections_for_owners(512) == 16U);
    BOOST_TEST(ipc::connections_for_owners(4) == 1U);
    ipc::limits bounds;
    bounds.connections = 64;
    bounds.connections_per_uid = 48;
    constexpr std::size_t for_all = 62;
    wire_fixture f{bounds, role::operator_};
    std::vector<raw_client> held;
    for (std::size_t n = 0; n < for_all; ++n) {
        // Another holder each, so that the share of one user does not count.
        const auto key = "k" + std::to_string(n);
        f.set_key(key, role::operator_, key);
        held.push_back(f.connect());
        held.back().send(request("9", "auth.key", R"({"key":")" + key + R"("})"));
        BOOST_TEST(has(held.back().line(), "true"));
    }
    auto beyond = f.connect();
    const auto said = beyond.rest();
    BOOST_TEST(has(said, "all 62 connections are taken"), said);
    f.set_role(role::owner);
    for (int n = 0; n < 2; ++n) {
        held.push_back(f.connect());
        held.back().send(ask_cone);
        BOOST_TEST(held.back().line() == cone);
    }
    auto last = f.connect();
    BOOST_TEST(has(last.rest(), "all 64 connections are taken"));
}

BOOST_AUTO_TEST_SUITE_END()
