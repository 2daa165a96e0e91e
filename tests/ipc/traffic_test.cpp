// SPDX-License-Identifier: Apache-2.0
#include "ipc/traffic.hpp"

#include <map>
#include <string>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using tests::ask_cone;
using tests::notification;
using tests::request;
using tests::wire_fixture;

namespace {

constexpr std::array<std::int64_t, 3> tens{10, 20, 30};

/// What the server has counted: `method code` -> how often.
std::map<std::string, std::uint64_t> counted(wire_fixture& f) {
    return f.on_io([&f] {
        std::map<std::string, std::uint64_t> all;
        for (const auto& [method, ok, errors] : f.server().counted().by_method()) {
            if (ok > 0) {
                all[std::string{method} + " ok"] = ok;
            }
            for (const auto& [code, count] : errors) {
                all[std::string{method} + " " + std::string{ipc::kind_of(code)}] = count;
            }
        }
        return all;
    });
}

std::array<std::uint64_t, ipc::effect_count> timed(wire_fixture& f) {
    return f.on_io([&f] {
        std::array<std::uint64_t, ipc::effect_count> all{};
        for (std::size_t kind = 0; kind < ipc::effect_count; ++kind) {
            all.at(kind) = f.server().counted().durations().at(kind).count();
        }
        return all;
    });
}

using counts = std::map<std::string, std::uint64_t>;
using times = std::array<std::uint64_t, ipc::effect_count>;  // as `place_of` has it

const std::string note_request = request("1", "session.note", R"({"text":"x"})");

}  // namespace

BOOST_AUTO_TEST_SUITE(traffic_suite)

BOOST_AUTO_TEST_CASE(a_bound_belongs_to_its_bucket_and_what_exceeds_all_has_its_own) {
    ipc::histogram<tens> h;
    h.note(10);
    h.note(11, 3);
    h.note(31);
    h.note(-1);
    BOOST_TEST((h.counts() == std::array<std::uint64_t, 4>{2, 3, 0, 1}));
    BOOST_TEST(h.count() == 6U);
    BOOST_TEST(h.sum() == 10 + 33 + 31 - 1);
}

BOOST_AUTO_TEST_CASE(each_request_is_counted_once_by_its_outcome) {
    wire_fixture f;
    auto client = f.connect();
    client.send(ask_cone + ask_cone + notification("cone.state") + request("2", "canon.get") +
                request("3", "session.get", R"({"id":"x"})") + request("4", "no.such") + "{}\n" + "[]\n");
    client.lines(7);
    BOOST_TEST((counted(f) == counts{{"cone.state ok", 3},
                                     {"canon.get internal_error", 1},
                                     {"session.get invalid_params", 1},
                                     {"unknown method_not_found", 1},
                                     {"unknown invalid_request", 2}}));
    BOOST_TEST((timed(f) == times{4, 1, 0}), "what is no method takes no time");
}

BOOST_AUTO_TEST_CASE(a_batch_counts_as_its_parts) {
    wire_fixture f;
    auto client = f.connect();
    const std::string part = ask_cone.substr(0, ask_cone.size() - 1);
    client.send("[" + part + "," + part + ",1]\n");
    client.line();
    BOOST_TEST((counted(f) == counts{{"cone.state ok", 2}, {"unknown invalid_request", 1}}));
}

BOOST_AUTO_TEST_CASE(what_is_answered_later_is_counted_then) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note_request + note_request);
    f.wait_for_waiting(2);
    BOOST_TEST(counted(f).empty());
    BOOST_TEST((timed(f) == times{}));
    f.answer_all();
    client.lines(2);
    BOOST_TEST((counted(f) == counts{{"session.note ok", 2}}));
    BOOST_TEST((timed(f) == times{0, 0, 2}));
}

BOOST_AUTO_TEST_CASE(every_effect_has_its_own_time) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "backup.create"));
    f.wait_for_waiting(1);
    f.answer();
    client.line();
    BOOST_TEST((timed(f) == times{0, 0, 0, 1}));
    client.send(ask_cone + request("2", "session.get", R"({"id":1})") + note_request);
    f.wait_for_waiting(1);
    f.answer();
    client.lines(3);
    BOOST_TEST((timed(f) == times{1, 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(an_error_that_comes_later_has_its_code) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note_request);
    f.wait_for_waiting(1);
    f.on_io([&f] { f.take().fail({ipc::error_code::no_active_session, "none", {}}); });
    client.line();
    BOOST_TEST((counted(f) == counts{{"session.note no_active_session", 1}}));
}

BOOST_AUTO_TEST_CASE(a_request_whose_peer_has_hung_up_counts_and_takes_no_time) {
    wire_fixture f;
    {
        auto client = f.connect();
        client.send(note_request);
        f.wait_for_waiting(1);
    }
    f.on_io([&f] { f.server().close_all(); });
    f.answer();
    BOOST_TEST((counted(f) == counts{{"session.note ok", 1}}));
    BOOST_TEST((timed(f) == times{}));
}

BOOST_AUTO_TEST_CASE(an_answer_after_the_server_is_gone_is_harmless) {
    wire_fixture f;
    auto client = f.connect();
    client.send(note_request);
    f.wait_for_waiting(1);
    auto late = f.take();
    f.destroy_server();
    f.on_io([&late] { late.reply("1"); });
    BOOST_TEST(client.rest().empty());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_counts_as_the_error_that_is_sent) {
    wire_fixture f;
    auto client = f.connect();
    client.send(request("1", "session.get", R"({"id":4000000})"));
    client.line();
    BOOST_TEST((counted(f) == counts{{"session.get internal_error", 1}}));
}

BOOST_AUTO_TEST_CASE(an_answer_that_finds_no_memory_counts_as_the_error_that_is_sent) {
    ipc::limits little;
    little.buffer_bytes = std::size_t{1} << 20U;
    wire_fixture f{little};
    auto client = f.connect();
    client.send(request("1", "session.list"));
    f.wait_for_waiting(1);
    f.on_io([&f] { f.take().reply('"' + std::string(std::size_t{1} << 20U, 'x') + '"'); });
    client.line();
    client.send(request("2", "session.get", R"({"id":1048576})"));
    client.line();
    BOOST_TEST((counted(f) == counts{{"session.list overloaded", 1}, {"session.get overloaded", 1}}));
    BOOST_TEST((timed(f) == times{0, 2, 0}));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_counts_as_no_method) {
    ipc::limits small;
    small.line_bytes = 1'000;
    wire_fixture f{small};
    auto client = f.connect();
    client.send(std::string(2'000, 'x'));
    client.line();
    BOOST_TEST((counted(f) == counts{{"unknown parse_error", 1}}));
}

BOOST_AUTO_TEST_CASE(a_refusal_for_the_role_is_counted) {
    wire_fixture f{{}, ipc::role::viewer};
    auto client = f.connect();
    client.send(note_request);
    client.line();
    BOOST_TEST((counted(f) == counts{{"session.note forbidden", 1}}));
}

BOOST_AUTO_TEST_CASE(connections_are_counted_with_those_that_find_no_room) {
    ipc::limits few;
    few.connections = 2;
    few.connections_per_uid = 1;
    wire_fixture f{few};
    auto first = f.connect();
    f.wait_for_connections(1);
    auto second = f.connect();
    second.rest();
    f.on_io([&f] {
        const auto& seen = f.server().counted();
        BOOST_TEST(seen.connections_accepted() == 1U);
        BOOST_TEST(seen.connections_refused().at(static_cast<std::size_t>(ipc::turned_away::share_taken)) == 1U);
    });
}

BOOST_AUTO_TEST_CASE(who_has_no_role_is_counted_at_the_door) {
    wire_fixture f{{}, ipc::role::none};
    auto client = f.connect();
    client.rest();
    f.on_io([&f] {
        const auto& seen = f.server().counted();
        BOOST_TEST(seen.connections_accepted() == 0U);
        BOOST_TEST(seen.connections_refused().at(static_cast<std::size_t>(ipc::turned_away::no_role)) == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_request_took_from_its_turn_to_its_write) {
    wire_fixture f;
    auto client = f.connect();
    const auto before = ipc::traffic::clock::now();
    client.send(note_request);
    f.wait_for_waiting(1);
    const auto asked = ipc::traffic::clock::now();
    while (ipc::traffic::clock::now() - asked < std::chrono::milliseconds{5}) {
    }
    const auto answered = ipc::traffic::clock::now();
    f.answer();
    client.line();
    const auto sum = std::chrono::nanoseconds{
        f.on_io([&f] { return f.server().counted().durations().at(ipc::place_of(ipc::effect::change)).sum(); })};
    BOOST_TEST((sum >= answered - asked));
    BOOST_TEST((sum <= ipc::traffic::clock::now() - before));
}

BOOST_AUTO_TEST_SUITE_END()
