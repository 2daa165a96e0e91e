// SPDX-License-Identifier: Apache-2.0
//
// Connections that come with a key.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using namespace std::chrono_literals;
using ipc::role;
using tests::notification;
using tests::raw_client;
using tests::request;
using tests::wire_fixture;

namespace {

const std::string ask_who = request("0", "operator.locks");
const std::string note_it = request("1", "session.note", R"({"text":"n"})");

std::string auth_line(std::string_view key) {
    return request("9", "auth.key", fmt::format(R"({{"key":"{}"}})", key));
}

std::string answer_line(std::string_view id, std::string_view json) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, json);
}

bool line_says(const std::string& line, std::string_view part) {
    return line.find(part) != std::string::npos;
}

/// For tests in which nobody is disconnected for want of a role, however long they take.
ipc::limits without_haste() {
    ipc::limits bounds;
    bounds.no_role_time = 1h;
    return bounds;
}

std::string error_kind_in(const std::string& line) {
    const std::string before = R"("kind":")";
    const auto at = line.find(before);
    return at == std::string::npos
               ? line
               : line.substr(at + before.size(), line.find('"', at + before.size()) - at - before.size());
}

std::string identity_on(raw_client& client) {
    client.send(ask_who);
    const auto line = client.line();
    const auto refused = error_kind_in(line);
    return refused == line ? line.substr(line.find("\"result\":") + 9, line.size() - line.find("\"result\":") - 10)
                           : refused;
}

void require_key(raw_client& client, std::string_view key) {
    client.send(auth_line(key));
    BOOST_REQUIRE(client.line() == answer_line("9", "true"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(from_the_next_request_on_it_is_the_keys_name_and_role) {
    wire_fixture f{{}, role::viewer};
    f.set_key("k", role::operator_);
    auto client = f.connect();
    client.send(note_it + ask_who + auth_line("k") + ask_who + note_it);
    BOOST_TEST(error_kind_in(client.line()) == "forbidden");
    BOOST_TEST(client.line() == answer_line("0", R"("user viewer")"));
    BOOST_TEST(client.line() == answer_line("9", "true"));
    BOOST_TEST(client.line() == answer_line("0", R"("ci operator")"));
    f.wait_for_waiting(1);
    f.answer();
    BOOST_TEST(client.line() == answer_line("1", R"("n")"));
    auto other = f.connect();
    BOOST_TEST(identity_on(other) == R"("user viewer")");
}

BOOST_AUTO_TEST_CASE(it_is_taken_when_nothing_is_in_flight_any_more) {
    wire_fixture f;
    f.set_key("k", role::viewer);
    auto client = f.connect();
    client.send(note_it + auth_line("k") + note_it + ask_who);
    f.wait_for_waiting(1);
    auto other = f.connect();
    for (int turns = 0; turns < 20; ++turns) {
        BOOST_REQUIRE(identity_on(other) == R"("user owner")");
    }
    BOOST_TEST(!client.has_input());
    f.answer();
    BOOST_TEST(client.line() == answer_line("1", R"("n")"));
    BOOST_TEST(client.line() == answer_line("9", "true"));
    BOOST_TEST(error_kind_in(client.line()) == "forbidden");
    BOOST_TEST(client.line() == answer_line("0", R"("ci viewer")"));
}

BOOST_AUTO_TEST_CASE(in_a_batch_it_holds_for_the_elements_behind_it) {
    wire_fixture f;
    f.set_key("k", role::viewer);
    auto client = f.connect();
    client.send(R"([{"jsonrpc":"2.0","id":1,"method":"operator.locks"},)"
                R"({"jsonrpc":"2.0","method":"auth.key","params":{"key":"k"}},)"
                R"({"jsonrpc":"2.0","id":2,"method":"operator.locks"}])"
                "\n" +
                ask_who);
    BOOST_TEST(client.line() ==
               "[" + answer_line("1", R"("user owner")") + "," + answer_line("2", R"("ci viewer")") + "]");
    BOOST_TEST(client.line() == answer_line("0", R"("ci viewer")"));
}

BOOST_AUTO_TEST_CASE(another_key_takes_the_place_of_the_first_and_a_wrong_one_changes_nothing) {
    wire_fixture f{{}, role::viewer};
    f.set_key("a", role::owner, "anna");
    f.set_key("b", role::operator_, "ben");
    auto client = f.connect();
    require_key(client, "a");
    BOOST_TEST(identity_on(client) == R"("anna owner")");
    client.send(auth_line("c"));
    BOOST_TEST(error_kind_in(client.line()) == "invalid_key");
    BOOST_TEST(identity_on(client) == R"("anna owner")");
    require_key(client, "b");
    BOOST_TEST(identity_on(client) == R"("ben operator")");
}

BOOST_AUTO_TEST_CASE(who_has_no_role_is_let_in_to_bring_a_key_once_there_are_any) {
    wire_fixture f{without_haste(), role::none};
    auto early = f.connect();
    BOOST_TEST(line_says(early.rest(), "no role here"));
    f.set_key("k", role::viewer);
    auto client = f.connect();
    client.send(ask_who + note_it + notification("cone.state") + auth_line("no") + ask_who);
    for (const auto& line : client.lines(2)) {
        BOOST_TEST(error_kind_in(line) == "forbidden");
        BOOST_TEST(line_says(line, "auth.key"), line);
    }
    BOOST_TEST(error_kind_in(client.line()) == "invalid_key");
    BOOST_TEST(error_kind_in(client.line()) == "forbidden");
    require_key(client, "k");
    BOOST_TEST(identity_on(client) == R"("ci viewer")");
    BOOST_TEST(f.executed().empty());
    const std::vector<std::string> told{" viewer",           "operator.locks viewer", "session.note operator",
                                        "cone.state viewer", "auth.key viewer",       "operator.locks viewer"};
    BOOST_TEST(f.denials() == told, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_brings_no_key_in_time_is_told_and_disconnected) {
    ipc::limits bounds;
    bounds.no_role_time = 20ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds, role::none};
    f.set_key("k", role::viewer);
    auto silent = f.connect();
    const auto words = silent.rest();
    BOOST_TEST(error_kind_in(words) == "forbidden");
    BOOST_TEST(f.denials() == std::vector<std::string>{" viewer"}, boost::test_tools::per_element());
    f.wait_for_connections(0);
}

BOOST_AUTO_TEST_CASE(who_brought_a_key_in_time_stays) {
    ipc::limits bounds;
    bounds.no_role_time = 50ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds, role::none};
    f.set_key("k", role::viewer);
    std::optional<raw_client> client;
    do {  // until this machine is quick enough for it
        client.emplace(f.connect());
        client->send(auth_line("k"));
    } while (client->line() != answer_line("9", "true"));
    auto late = f.connect();
    static_cast<void>(late.rest());
    BOOST_TEST(identity_on(*client) == R"("ci viewer")");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_revoked_holds_no_more_and_leaves_no_way_back) {
    wire_fixture f{without_haste(), role::owner};
    f.set_key("k", role::viewer);
    f.set_key("other", role::operator_);
    auto client = f.connect();
    require_key(client, "k");
    f.set_key("k", role::none);
    BOOST_TEST(identity_on(client) == "invalid_key");
    client.send(note_it);
    BOOST_TEST(error_kind_in(client.line()) == "invalid_key");
    client.send(auth_line("k"));
    BOOST_TEST(error_kind_in(client.line()) == "invalid_key");
    BOOST_TEST(f.executed().empty());
    const std::vector<std::string> told{"operator.locks viewer", "session.note operator", "auth.key viewer"};
    BOOST_TEST(f.denials() == told, boost::test_tools::per_element());
    require_key(client, "other");
    BOOST_TEST(identity_on(client) == R"("ci operator")");
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_when_a_key_is_revoked_is_answered) {
    wire_fixture f;
    f.set_key("k", role::operator_);
    auto client = f.connect();
    require_key(client, "k");
    client.send(note_it);
    f.wait_for_waiting(1);
    f.set_key("k", role::none);
    client.send(note_it);
    f.answer();
    BOOST_TEST(client.line() == answer_line("1", R"("n")"));
    BOOST_TEST(error_kind_in(client.line()) == "invalid_key");
}

BOOST_AUTO_TEST_CASE(who_brings_no_other_key_in_time_is_disconnected) {
    ipc::limits bounds;
    bounds.no_role_time = 20ms;
    bounds.tick = 5ms;
    wire_fixture f{bounds};
    f.set_key("k", role::owner);
    auto client = f.connect();
    require_key(client, "k");
    f.set_key("k", role::none);
    BOOST_TEST(error_kind_in(client.rest()) == "invalid_key");
    BOOST_TEST(f.denials().empty(), "he asked for nothing");
}

BOOST_AUTO_TEST_CASE(wrong_keys_are_limited_for_the_peer_and_a_good_one_is_taken_at_any_time) {
    wire_fixture f{without_haste(), role::none};
    f.set_key("k", role::viewer);
    f.set_rate("auth.key", {.calls = 3, .period = std::chrono::hours{1}});
    auto client = f.connect();
    client.send(auth_line("k") + auth_line("k") + auth_line("k") + auth_line("k"));  // these are not counted
    for (const auto& line : client.lines(4)) {
        BOOST_TEST(line == answer_line("9", "true"));
    }
    auto other = f.connect();
    client.send(auth_line("x") + auth_line("x"));
    for (const auto& line : client.lines(2)) {
        BOOST_TEST(error_kind_in(line) == "invalid_key");
    }
    other.send(auth_line("x") + auth_line("x") + auth_line("k"));
    BOOST_TEST(error_kind_in(other.line()) == "invalid_key");
    const auto line = other.line();
    BOOST_TEST(error_kind_in(line) == "rate_limited");
    BOOST_TEST(line_says(line, "retry_after_ms"), line);
    BOOST_TEST(other.line() == answer_line("9", "true"));
    BOOST_TEST(f.denials().size() == 4U, "those beyond the rate are denials as well");
}

BOOST_AUTO_TEST_CASE(connections_count_as_the_key_holders) {
    ipc::limits bounds;
    bounds.connections = 8;
    bounds.connections_per_uid = 2;
    wire_fixture f{bounds};
    f.set_key("a", role::viewer);
    f.set_key("b", role::viewer);  // of the same name
    std::optional<raw_client> first{f.connect()};
    auto second = f.connect();
    require_key(*first, "a");
    require_key(second, "b");
    auto third = f.connect();  // the user's own are free again
    auto fourth = f.connect();
    auto fifth = f.connect();
    BOOST_TEST(line_says(fifth.rest(), "has 2 connections"));
    third.send(auth_line("a"));
    BOOST_TEST(error_kind_in(third.line()) == "overloaded");
    BOOST_TEST(identity_on(third) == R"("user owner")");
    first.reset();
    f.wait_for_connections(3);
    require_key(third, "a");
    auto sixth = f.connect();
    BOOST_TEST(identity_on(sixth) == R"("user owner")");
    BOOST_TEST(identity_on(fourth) == R"("user owner")");
}

BOOST_AUTO_TEST_CASE(who_has_no_role_takes_a_quarter_of_the_connections_at_most) {
    auto bounds = without_haste();
    bounds.connections = 8;
    bounds.connections_per_uid = 6;
    wire_fixture f{bounds, role::none};
    f.set_key("k", role::viewer);
    auto first = f.connect();
    std::optional<raw_client> second{f.connect()};
    auto third = f.connect();
    BOOST_TEST(error_kind_in(third.rest()) == "overloaded");
    require_key(first, "k");
    auto fourth = f.connect();
    BOOST_TEST(identity_on(fourth) == "forbidden");
    second.reset();
    f.wait_for_connections(2);
    auto fifth = f.connect();
    BOOST_TEST(identity_on(fifth) == "forbidden");
    auto sixth = f.connect();
    BOOST_TEST(error_kind_in(sixth.rest()) == "overloaded");
}

BOOST_AUTO_TEST_CASE(rates_count_the_key_holder) {
    wire_fixture f;
    f.set_key("a", role::viewer, "ci");
    f.set_key("b", role::viewer, "ci");
    f.set_key("c", role::viewer, "other");
    f.set_rate("operator.locks", {.calls = 1, .period = std::chrono::hours{1}});
    auto client = f.connect();
    BOOST_TEST(identity_on(client) == R"("user owner")");
    BOOST_TEST(identity_on(client) == "rate_limited");
    require_key(client, "a");
    BOOST_TEST(identity_on(client) == R"("ci viewer")");
    require_key(client, "b");
    BOOST_TEST(identity_on(client) == "rate_limited");
    require_key(client, "c");
    BOOST_TEST(identity_on(client) == R"("other viewer")");
}

BOOST_AUTO_TEST_SUITE_END()
