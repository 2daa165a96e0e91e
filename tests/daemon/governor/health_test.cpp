// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/health.hpp"

#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

using namespace std::chrono_literals;

namespace {

commands::report_health report(std::string source, health_level level, std::string message = {},
                               std::optional<std::chrono::seconds> ttl = std::nullopt) {
    return {std::move(source), level, std::move(message), ttl};
}

commands::set_thresholds threshold(std::string name, commands::set_thresholds::value v) {
    return {{{std::move(name), v}}};
}

void deny(world& w, int times) {
    for (int i = 0; i < times; ++i) {
        w.must(commands::decide{"resort_chain", "run"});
    }
}
void allow(world& w, int times) {
    for (int i = 0; i < times; ++i) {
        w.must(commands::decide{"storage_units", "run"});
    }
}

const std::vector<std::string>& reasons(const world& w) {
    return w.s.health->reasons;
}
health_level status(const world& w) {
    return w.s.health->status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(bands_c_and_d_bear_on_health) {
    world w;
    BOOST_TEST(status(w) == health_level::green);
    BOOST_TEST(reasons(w).empty());
    w.set_band(band::stabilize);
    BOOST_TEST(status(w) == health_level::yellow);
    w.set_band(band::survival);
    BOOST_TEST(status(w) == health_level::red);
    BOOST_TEST(reasons(w).at(0) == "Band D (survival) is in force, and band_d_status is red.");
    w.set_band(band::expansion);
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(each_change_of_status_is_recorded_by_the_daemon_with_its_reasons) {
    world w;
    w.must(commands::start_session{}, w.as("olga", true));
    w.set_band(band::survival);
    const auto& changed = w.newest<events::health_changed>();
    BOOST_TEST(changed.before == health_level::green);
    BOOST_TEST(changed.now.status == health_level::red);
    BOOST_TEST(changed.now.reasons.size() == 1);
    BOOST_TEST(w.trail.back().who.name == "valhallad");
    BOOST_TEST((w.trail.back().who.via == actor_via::daemon));
    BOOST_TEST(!w.trail.back().session);
    BOOST_TEST(w.s.recorded_status == health_level::red);
}

BOOST_AUTO_TEST_CASE(a_change_of_reasons_alone_is_no_event) {
    world w;
    w.must(report("backup", health_level::yellow, "late"));
    const auto records = w.trail.size();
    w.must(report("backup", health_level::yellow, "later"));
    BOOST_TEST(w.trail.size() == records + 1);
    BOOST_TEST(reasons(w).at(0) == "Signal backup is yellow: later.");
}

BOOST_AUTO_TEST_CASE(a_verdict_that_says_the_same_keeps_its_place_in_memory) {
    world w;
    w.must(report("backup", health_level::yellow, "late"));
    const auto held = w.s.health;
    w.must(report("other", health_level::green));
    w.measure({});
    BOOST_TEST(w.s.health == held);
}

BOOST_AUTO_TEST_CASE(a_stale_signal_turns_yellow_and_says_so) {
    world w;
    w.must(report("backup", health_level::green, "fine", 60s));
    BOOST_TEST(status(w) == health_level::green);
    const auto due = next_health_change(w.s, span_of(w.now));
    BOOST_REQUIRE(due.has_value());
    w.now = wall_of(*due) - 1us;
    w.measure({});
    BOOST_TEST(status(w) == health_level::green);
    w.now = wall_of(*due);
    w.measure({});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(reasons(w).at(0) ==
               "Signal backup was not renewed since 2026-11-22T09:08:43.003000Z and expired at "
               "2026-11-22T09:09:43.003000Z; when it was last heard it was green.");
    BOOST_TEST(w.newest<events::health_changed>().now.status == health_level::yellow);
    w.must(report("backup", health_level::green, "fine", 60s));
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(a_stale_red_counts_as_yellow) {
    world w;
    w.must(report("disk", health_level::red, "on fire", 1s));
    w.wait(1h);
    w.measure({});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(says(reasons(w), "it was red"));
}

BOOST_AUTO_TEST_CASE(staleness_is_seen_by_the_next_command_without_a_tick) {
    world w;
    w.must(report("backup", health_level::green, "fine", 1s));
    w.wait(2s);
    const auto started = w.answer_of<answers::session>(commands::start_session{});
    BOOST_TEST(*started->status == health_level::yellow);
    BOOST_TEST(w.newest<events::health_changed>().now.status == health_level::yellow);
}

BOOST_AUTO_TEST_CASE(clearing_a_signal_removes_its_reason) {
    world w;
    w.must(report("backup", health_level::red, "lost"));
    BOOST_TEST(status(w) == health_level::red);
    w.must(commands::clear_health{"backup"});
    BOOST_TEST(status(w) == health_level::green);
    const refusal no = w.refused(commands::clear_health{"backup"});
    BOOST_TEST(no.kind == refusal_kind::unknown_signal);
    w.must(report("replica", health_level::green));
    BOOST_TEST(w.refused(commands::clear_health{"replicas"}).nearest.at(0) == "replica");
}

BOOST_AUTO_TEST_CASE(the_number_of_signals_is_bounded) {
    world w;
    for (std::size_t i = 0; i < max_health_signals; ++i) {
        w.must(report("s" + std::to_string(i), health_level::red, std::string(1024, '"')));
    }
    BOOST_TEST(w.refused(report("one.more", health_level::green)).kind == refusal_kind::too_many_signals);
    w.must(report("s7", health_level::green));  // a known one may always be renewed
    BOOST_TEST(reasons(w).size() == max_listed_signals + 1);
    BOOST_TEST(reasons(w).back() == "223 more signals are red.");
    // However bad things are, a session can be started and its record fits.
    w.set_band(band::survival);
    w.must(commands::start_session{std::string(16'384, 'x'), false});
    std::string line;
    encode_record(w.trail.back(), line);
    BOOST_TEST(line.size() <= max_record_bytes);
}

BOOST_AUTO_TEST_CASE(failed_jobs_are_compared_with_their_thresholds) {
    world w;
    w.must(report("jobs.failed", health_level::green, "0"));
    BOOST_TEST(status(w) == health_level::green);
    w.must(report("jobs.failed", health_level::green, "1"));
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(reasons(w).at(0) == "Failed jobs: 1, more than max_failed_jobs_yellow (0).");
    w.must(report("jobs.failed", health_level::green, "2"));
    BOOST_TEST(status(w) == health_level::red);
    BOOST_TEST(reasons(w).at(0) == "Failed jobs: 2, more than max_failed_jobs_red (1).");
    BOOST_TEST(*reported_count(*w.s.signals, failed_jobs_source) == 2);
    w.must(report("jobs.failed", health_level::yellow, "some"));
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(!reported_count(*w.s.signals, failed_jobs_source));
}

BOOST_AUTO_TEST_CASE(unhandled_exceptions_are_red_from_their_threshold) {
    world w;
    w.must(report("exceptions.unhandled", health_level::green, "1"));
    BOOST_TEST(status(w) == health_level::red);
    BOOST_TEST(reasons(w).at(0) == "Unhandled exceptions: 1, red from unhandled_exceptions_red (1).");
    w.must(threshold("unhandled_exceptions_red", std::int64_t{2}), w.as("olga", true));
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(the_deny_rate_says_nothing_below_the_minimum_of_decisions) {
    world w;
    deny(w, 19);
    BOOST_TEST(status(w) == health_level::green);
    deny(w, 1);
    BOOST_TEST(status(w) == health_level::red);
    BOOST_TEST(reasons(w).at(0) ==
               "20 of the 20 decisions among the last 200 audit records were denied: 100 %, red from deny_rate_red "
               "(35 %).");
}

BOOST_AUTO_TEST_CASE(deny_rates_turn_yellow_and_red_exactly_at_their_thresholds) {
    world w;
    allow(w, 15);
    deny(w, 4);
    allow(w, 1);
    BOOST_TEST(status(w) == health_level::green);  // 4 of 20
    w = world{};
    allow(w, 15);
    deny(w, 5);
    BOOST_TEST(status(w) == health_level::yellow);  // 5 of 20
    BOOST_TEST(says(reasons(w), "25 %, yellow from deny_rate_yellow (25 %)"));
    w = world{};
    allow(w, 13);
    deny(w, 7);
    BOOST_TEST(status(w) == health_level::red);  // 7 of 20
}

BOOST_AUTO_TEST_CASE(other_records_push_old_decisions_out_of_the_window) {
    world w;
    deny(w, 20);
    BOOST_TEST(status(w) == health_level::red);
    w.must(commands::start_session{});
    for (int i = 0; i < 200; ++i) {
        w.must(commands::note_session{"n"});
    }
    BOOST_TEST(w.s.decisions.decisions() == 0);
    BOOST_TEST(w.s.decisions.deny_rate() == 0.0);
    BOOST_TEST(status(w) == health_level::green);
    BOOST_TEST(w.s.recorded_status == health_level::green);
}

BOOST_AUTO_TEST_CASE(windows_are_equal_by_what_is_in_them) {
    deny_window a;
    deny_window b;
    a.push(decision_mark::deny);
    for (std::size_t i = 0; i < deny_window_size; ++i) {
        a.push(decision_mark::allow);
        b.push(decision_mark::allow);
    }
    BOOST_TEST((a == b));
    a.push(decision_mark::none);
    BOOST_TEST(!(a == b));
    BOOST_TEST(a.allowed() == 199);
}

BOOST_AUTO_TEST_CASE(a_session_left_open_overnight_is_yellow_and_named) {
    world w;
    w.must(commands::start_session{});
    const auto due = next_health_change(w.s, span_of(w.now));
    BOOST_REQUIRE(due.has_value());
    BOOST_TEST((*due == span_of(*w.s.sessions->active_of("anna")->started_at + 12h)));
    w.now = wall_of(*due);
    w.measure({});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(
        reasons(w).at(0) ==
        "Session 1 of anna runs since 2026-11-22T09:08:43.003000Z, longer than session_age_yellow_hours (12 h).");
    w.must(commands::end_session{});
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(zero_hours_means_that_no_session_is_too_old) {
    world w;
    w.must(threshold("session_age_yellow_hours", std::int64_t{0}), w.as("olga", true));
    w.must(commands::start_session{});
    w.wait(9000h);
    w.measure({});
    BOOST_TEST(status(w) == health_level::green);
    BOOST_TEST(!next_health_change(w.s, span_of(w.now)));
}

BOOST_AUTO_TEST_CASE(the_daemons_own_figures_are_compared_with_their_thresholds) {
    world w;
    w.measure({.disk_free_mib = 1023, .wal_mib = {}, .ledger_queue = {}, .anchor_age_s = {}});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(says(reasons(w), "1023 MiB of free space, less than disk_free_yellow_mib (1024 MiB)"));
    w.measure({.disk_free_mib = 127, .wal_mib = {}, .ledger_queue = {}, .anchor_age_s = {}});
    BOOST_TEST(status(w) == health_level::red);
    w.measure({.disk_free_mib = 9999, .wal_mib = 257, .ledger_queue = 50'001, .anchor_age_s = 601});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(says(reasons(w), "write-ahead log holds 257 MiB, more than wal_yellow_mib (256 MiB)"));
    BOOST_TEST(says(reasons(w), "waiting for the disk: 50001, more than ledger_queue_yellow (50000)"));
    BOOST_TEST(
        says(reasons(w), "ahead of the newest signed checkpoint for 601 s, more than anchor_age_yellow_s (600 s)"));
    w.measure({.disk_free_mib = 9999, .wal_mib = 256, .ledger_queue = 50'000, .anchor_age_s = 600});
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(files_of_a_frontend_that_are_old_make_it_yellow) {
    world w;
    w.measure(
        {.disk_free_mib = 9999, .wal_mib = {}, .ledger_queue = {}, .anchor_age_s = {}, .frontend_problem = "gone"});
    BOOST_TEST(status(w) == health_level::yellow);
    BOOST_TEST(says(reasons(w), "The frontend's files are not kept fresh: gone."));
    w.measure({.disk_free_mib = 9999, .wal_mib = {}, .ledger_queue = {}, .anchor_age_s = {}});
    BOOST_TEST(status(w) == health_level::green);
}

BOOST_AUTO_TEST_CASE(reasons_stand_in_a_fixed_order) {
    world w;
    w.must(commands::start_session{});
    w.wait(13h);
    w.must(report("zeta", health_level::yellow));
    w.must(report("alpha", health_level::red, "bad!"));
    deny(w, 20);
    w.measure({.disk_free_mib = 1, .wal_mib = {}, .ledger_queue = {}, .anchor_age_s = {}});
    w.set_band(band::stabilize);
    BOOST_REQUIRE(reasons(w).size() == 6);
    BOOST_TEST(contains(reasons(w)[0], "Band C"));
    BOOST_TEST(reasons(w)[1] == "Signal alpha is red: bad!");
    BOOST_TEST(reasons(w)[2] == "Signal zeta is yellow.");
    BOOST_TEST(contains(reasons(w)[3], "20 of the 20"));
    BOOST_TEST(contains(reasons(w)[4], "Session 1 of anna"));
    BOOST_TEST(contains(reasons(w)[5], "free space"));
}

BOOST_AUTO_TEST_CASE(what_others_report_is_made_harmless_in_sentences) {
    world w;
    w.must(report("log", health_level::red, "line\nbreak\x1b[31m" + std::string(500, 'x')));
    BOOST_TEST(contains(reasons(w).at(0), "line break [31mxxx"));
    BOOST_TEST(reasons(w).at(0).size() < 160);
    std::string umlauts;
    for (int i = 0; i < 100; ++i) {
        umlauts += "x\u00e4";
    }
    w.must(report("log", health_level::red, umlauts));
    std::string line;
    encode_record(w.trail.back(), line);
    BOOST_TEST(std::holds_alternative<audit_entry>(decode_record(line)));  // still valid UTF-8
    w.must(commands::start_session{});
    line.clear();
    encode_record(w.trail.back(), line);
    BOOST_TEST(std::holds_alternative<audit_entry>(decode_record(line)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
