// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/record_bound.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

session past(std::int64_t id, std::string operator_name, bool active) {
    session s;
    s.id = session_id{id};
    s.operator_name = std::move(operator_name);
    s.active = active;
    s.started_at = test_epoch - std::chrono::hours{1000 - id};
    if (!active) {
        s.ended_at = *s.started_at + std::chrono::minutes{5};
        s.why_ended = end_reason::imported;
    }
    s.cone_band = band::caution;
    s.status = health_level::green;
    s.snapshot_json = R"({"cone":{},"status":{}})";
    return s;
}

events::imported_line line(std::string name, std::int64_t number) {
    events::imported_line out;
    out.name = std::move(name);
    out.payload_json = "{}";
    out.original_ts = test_epoch - std::chrono::hours{1};
    out.original_ts_text = format_utc(out.original_ts);
    out.line = number;
    return out;
}

commands::import_state everything() {
    commands::import_state c;
    events::imported_state part;
    part.source = "old";
    part.imported_cone = cone{band::expansion, "was so", test_epoch - std::chrono::hours{2}, R"({"runway":7.5})"};
    part.imported_thresholds = thresholds{};
    part.imported_thresholds->min_decisions_for_drift = 2;
    part.progress = progress_map{{"intake_ready", {true, {}, {}, {}, {}}}, {"of_old", {true, {}, {}, {}, {}}}};
    part.sessions = {past(1, "anna", false), past(2, "bert", true)};
    c.parts.push_back(part);
    events::imported_state more;
    more.source = "old";
    more.sessions = {past(5, "bert", false), past(7, "anna", false)};
    c.parts.push_back(more);
    c.lines = {line("CONE_ALLOW", 1), line("GO_SESSION_END", 2), line("CONE_DENY", 3)};
    return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imports)

BOOST_AUTO_TEST_CASE(everything_that_came_in_is_in_force) {
    world w;
    const auto first = w.s.next_seq;
    const auto done = w.answer_of<answers::imported>(everything(), w.as("olga", true));
    BOOST_TEST(done.sessions == 4);
    BOOST_TEST(done.lines == 3);
    BOOST_TEST(done.first == first);
    BOOST_TEST(raw(done.last) == raw(first) + 4);
    BOOST_TEST(w.s.current_cone->in_force == band::expansion);
    BOOST_TEST(w.s.current_cone->metrics_json == R"({"runway":7.5})");
    BOOST_TEST(w.s.limits->min_decisions_for_drift == 2);
    BOOST_TEST(w.s.progress->at("of_old").done);
    BOOST_TEST(w.s.next_session == session_id{8});
    BOOST_TEST(w.s.sessions->latest->id == session_id{7});
    BOOST_TEST((*w.s.sessions->by_operator.find("anna"))->id == session_id{7});
    BOOST_TEST((*w.s.sessions->by_operator.find("anna"))->first_seq == next(first));
}

BOOST_AUTO_TEST_CASE(in_pieces_it_is_the_same_records_and_the_same_answer) {
    world whole;
    world cut;
    const auto all = everything();
    const auto expected = whole.run(all, whole.as("olga", true));
    commands::import_state first{
        .parts = {all.parts[0]}, .lines = {}, .to_come = {.parts = 1, .sessions = 2, .lines = 3}};
    const auto answer = cut.answer_of<answers::imported>(first, cut.as("olga", true));
    const auto& wanted = std::get<answers::imported>(std::get<governor::answer>(expected.result));
    BOOST_TEST(answer.sessions == wanted.sessions);
    BOOST_TEST(answer.lines == wanted.lines);
    BOOST_TEST((answer.first == wanted.first));
    BOOST_TEST((answer.last == wanted.last));
    std::vector<audit_entry> records;
    const auto carry_on = [&](commands::import_state piece) {
        piece.continues = true;
        for (auto& record : cut.run(std::move(piece), cut.as("olga", true)).records) {
            records.push_back(std::move(record));
        }
    };
    carry_on({.parts = {all.parts[1]}, .lines = {}});
    carry_on({.parts = {}, .lines = {all.lines[0], all.lines[1]}});
    carry_on({.parts = {}, .lines = {all.lines[2]}});
    BOOST_TEST_REQUIRE(records.size() == 4U);  // nobody's status between them
    for (std::size_t i = 0; i < records.size(); ++i) {
        BOOST_TEST((records[i].seq == expected.records[i + 1].seq));
        BOOST_TEST((records[i].what == expected.records[i + 1].what));
    }
    cut.must(commands::tick{});
    BOOST_TEST((cut.newest<events::health_changed>().now == whole.newest<events::health_changed>().now));
}

BOOST_AUTO_TEST_CASE(a_piece_is_held_against_those_before_it) {
    world w;
    const auto all = everything();
    commands::import_state further{.parts = {all.parts[1]}, .lines = {}, .to_come = {}, .continues = true};
    BOOST_TEST(w.refused(further, w.as("olga", true)).kind == refusal_kind::import_refused);
    w.must(
        commands::import_state{
            .parts = {all.parts[0]}, .lines = {}, .to_come = {.parts = 1, .sessions = 2, .lines = 0}},
        w.as("olga", true));
    auto order = further;
    order.parts[0].sessions[0].id = session_id{2};
    BOOST_TEST(contains(w.refused(order, w.as("olga", true)).message, "ids begin at 1 and must rise"));
    auto twice = further;
    twice.parts[0].sessions[0].active = true;
    BOOST_TEST(contains(w.refused(twice, w.as("olga", true)).message, "second active session of bert"));
    w.must(further, w.as("olga", true));
}

BOOST_AUTO_TEST_CASE(an_imported_active_session_goes_on) {
    world w;
    w.must(everything(), w.as("olga", true));
    BOOST_REQUIRE(w.s.sessions->active_of("bert") != nullptr);
    BOOST_TEST(w.s.sessions->active_of("bert")->id == session_id{2});
    BOOST_TEST(w.refused(commands::start_session{}, w.as("bert")).kind == refusal_kind::session_active);
    BOOST_TEST(w.answer_of<answers::session>(commands::end_session{}, w.as("bert"))->id == session_id{2});
    BOOST_TEST(w.answer_of<answers::session>(commands::start_session{}, w.as("bert"))->id == session_id{8});
}

BOOST_AUTO_TEST_CASE(of_an_imported_session_the_records_of_this_trail_are_counted) {
    world w;
    w.must(everything(), w.as("olga", true));
    w.must(commands::note_session{"going on"}, w.as("bert"));
    w.must(commands::end_session{}, w.as("bert"));
    BOOST_TEST(*w.newest<events::session_ended>().records == 2);
}

BOOST_AUTO_TEST_CASE(imported_decisions_count_for_the_deny_rate) {
    world w;
    w.must(everything(), w.as("olga", true));
    BOOST_TEST(w.s.decisions.allowed() == 1);
    BOOST_TEST(w.s.decisions.denied() == 1);
    BOOST_TEST(w.s.health->status == health_level::red);  // 1 of 2, and two are enough by the imported threshold
    BOOST_TEST(w.newest<events::health_changed>().now.status == health_level::red);
}

BOOST_AUTO_TEST_CASE(imported_records_name_no_session) {
    world w;
    const outcome out = w.run(everything(), w.as("bert", true));
    for (const audit_entry& entry : out.records) {
        BOOST_TEST(!entry.session);
    }
}

BOOST_AUTO_TEST_CASE(only_a_fresh_state_takes_an_import) {
    const auto refuses_after = [](auto change) {
        world w;
        change(w);
        const refusal no = w.refused(everything(), w.as("olga", true));
        BOOST_TEST(no.kind == refusal_kind::state_not_fresh);
        return no.message;
    };
    BOOST_TEST(contains(refuses_after([](world& w) { w.must(commands::start_session{}); }), "sessions"));
    BOOST_TEST(contains(refuses_after([](world& w) { w.set_band(band::caution); }), "cone"));
    BOOST_TEST(contains(refuses_after([](world& w) { w.must(commands::set_step{"intake_ready", true, {}, {}}); }),
                        "playbook"));
    BOOST_TEST(contains(
        refuses_after([](world& w) { w.must(commands::set_thresholds{{{"wal_yellow_mib", std::int64_t{300}}}}); }),
        "thresholds"));
    BOOST_TEST(contains(refuses_after([](world& w) { w.must(commands::import_state{}); }), "import already"));
    BOOST_TEST(contains(refuses_after([](world& w) { w.must(commands::import_state{{}, {line("CONE_ALLOW", 1)}}); }),
                        "import already"));
}

BOOST_AUTO_TEST_CASE(signals_decisions_and_foreign_events_do_not_hinder_an_import) {
    world w;
    w.must(commands::report_health{"backup", health_level::red, "", {}});
    w.must(commands::decide{"flips", "run"});
    w.must(commands::append_event{"X_HELLO", "{}"});
    w.must(everything(), w.as("olga", true));
}

BOOST_AUTO_TEST_CASE(what_contradicts_itself_is_refused_as_a_whole) {
    const auto refused = [](auto spoil) {
        world w;
        commands::import_state c = everything();
        spoil(c);
        return w.refused(c, w.as("olga", true));
    };
    const refusal twice = refused([](commands::import_state& c) { c.parts[1].sessions[0].active = true; });
    BOOST_TEST(twice.kind == refusal_kind::import_refused);
    BOOST_TEST(contains(twice.message, "second active session of bert"));
    const refusal order = refused([](commands::import_state& c) { c.parts[1].sessions[0].id = session_id{2}; });
    BOOST_TEST(order.kind == refusal_kind::import_refused);
    const refusal zero = refused([](commands::import_state& c) { c.parts[0].sessions[0].id = session_id{0}; });
    BOOST_TEST(zero.kind == refusal_kind::import_refused);
    const refusal huge =
        refused([](commands::import_state& c) { c.parts[1].sessions[1].id = session_id{9'007'199'254'740'992}; });
    BOOST_TEST(huge.kind == refusal_kind::import_refused);
    BOOST_TEST(contains(huge.message, "9007199254740991"));
    const refusal future = refused(
        [](commands::import_state& c) { c.parts[0].sessions[1].started_at = test_epoch + std::chrono::hours{25}; });
    BOOST_TEST(future.kind == refusal_kind::import_refused);
    BOOST_TEST(contains(future.message, "Session 2 of bert is active, but starts 2026-11-23T10:08:43.000000Z"));
    const refusal limits =
        refused([](commands::import_state& c) { c.parts[0].imported_thresholds->deny_rate_red = 0.0; });
    BOOST_TEST(limits.kind == refusal_kind::import_refused);
    const refusal big = refused([](commands::import_state& c) {
        c.lines[1].payload_json = R"({"x":")" + std::string(max_record_bytes, 'x') + R"("})";
    });
    BOOST_TEST(big.kind == refusal_kind::record_too_large);
    BOOST_TEST(contains(big.message, "Line 2"));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_and_a_session_that_is_over_are_taken) {
    world w;
    commands::import_state c = everything();
    c.parts[0].sessions[0].started_at = parse_utc("9999-12-31T23:59:59Z");
    c.parts[0].sessions[1].started_at = test_epoch + std::chrono::hours{23};
    w.must(c, w.as("olga", true));
}

BOOST_AUTO_TEST_CASE(foreign_events_are_recorded_as_they_came) {
    world w;
    const auto seq = w.s.next_seq;
    BOOST_TEST(w.answer_of<answers::recorded>(commands::append_event{"X_DEPLOY", R"({"n":1.50})"}).seq == seq);
    BOOST_TEST(w.newest<events::foreign>().payload_json == R"({"n":1.50})");
    w.must(commands::append_event{"X_deploy-1.2", "{}"});
    for (const char* name : {"DEPLOY", "X_", "x_deploy", "X_A B", "CONE_ALLOW", ""}) {
        BOOST_TEST(w.refused(commands::append_event{name, "{}"}).kind == refusal_kind::invalid_event_name);
    }
    BOOST_TEST(w.refused(commands::append_event{"X_" + std::string(63, 'A'), "{}"}).kind ==
               refusal_kind::invalid_event_name);
}

BOOST_AUTO_TEST_CASE(a_database_is_created_once) {
    world w;
    BOOST_TEST(w.s.instance == "0123456789abcdef0123456789abcdef");
    BOOST_TEST(raw(w.trail.front().seq) == 1);
    BOOST_TEST(w.refused(commands::create_database{"x"}, w.daemon()).kind == refusal_kind::state_not_fresh);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
