// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(a_start_freezes_cone_and_health) {
    world w;
    w.set_band(band::stabilize);
    const auto started = w.answer_of<answers::session>(commands::start_session{"hello", false});
    BOOST_TEST(started->active);
    BOOST_TEST(raw(started->id) == 1);
    BOOST_TEST(started->operator_name == "anna");
    BOOST_TEST(*started->cone_band == band::stabilize);
    BOOST_TEST(*started->status == health_level::yellow);
    BOOST_TEST(*started->start_notes == "hello");
    BOOST_TEST(
        started->snapshot_json ==
        R"({"cone":{"band":"C","reason":"review","updated_at_utc":"2026-11-22T09:08:43.003000Z","metrics":{}},)"
        R"("status":{"status":"yellow","reasons":["Band C (stabilize) is in force, and band_c_status is yellow."]}})");
    const std::string frozen = started->snapshot_json;
    w.set_band(band::expansion);
    const auto ended = w.answer_of<answers::session>(commands::end_session{"done", {}});
    BOOST_TEST(ended->snapshot_json == frozen);
    BOOST_TEST(*ended->cone_band == band::stabilize);
}

BOOST_AUTO_TEST_CASE(a_second_start_is_refused_and_names_the_running_session) {
    world w;
    w.must(commands::start_session{});
    const refusal no = w.refused(commands::start_session{});
    BOOST_TEST(no.kind == refusal_kind::session_active);
    BOOST_TEST(contains(no.message, "Session 1 of anna is active since 2026-11-22T09:08:43.003000Z"));
    BOOST_TEST(contains(no.message, R"("if_active": "supersede")"));
    BOOST_TEST(no.key == "if_active");
    BOOST_TEST(*no.session == session_id{1});
}

BOOST_AUTO_TEST_CASE(superseding_ends_the_old_session_and_starts_another_in_one_outcome) {
    world w;
    w.must(commands::start_session{"first", false});
    const outcome out = w.run(commands::start_session{"second", true});
    BOOST_REQUIRE(out.records.size() == 2);
    const auto& over = std::get<events::session_ended>(out.records[0].what);
    BOOST_TEST(over.reason == end_reason::superseded);
    BOOST_TEST(over.id == session_id{1});
    BOOST_TEST(!over.notes);
    BOOST_TEST(*out.records[0].session == session_id{1});
    BOOST_TEST(*out.records[1].session == session_id{2});
    const auto& now = std::get<answers::session>(std::get<answer>(out.result));
    BOOST_TEST(now->id == session_id{2});
    BOOST_TEST(now == w.s.sessions->latest);
    BOOST_TEST(w.s.sessions->active_of("anna") == now.get());
}

BOOST_AUTO_TEST_CASE(superseding_when_nothing_runs_just_starts) {
    world w;
    const outcome out = w.run(commands::start_session{{}, true});
    BOOST_TEST(!out.refused());
    BOOST_TEST(out.records.size() == 1);
}

BOOST_AUTO_TEST_CASE(the_snapshot_of_a_superseding_session_no_longer_blames_the_forgotten_one) {
    world w;
    w.must(commands::start_session{});
    w.wait(13h);
    w.measure({});
    BOOST_TEST(w.s.health->status == health_level::yellow);
    const auto fresh = w.answer_of<answers::session>(commands::start_session{{}, true});
    BOOST_TEST(*fresh->status == health_level::green);
    BOOST_TEST(contains(fresh->snapshot_json, R"("reasons":[])"));
    BOOST_TEST(w.s.recorded_status == health_level::green);
}

BOOST_AUTO_TEST_CASE(sessions_of_different_operators_run_side_by_side) {
    world w;
    w.must(commands::start_session{}, w.as("anna"));
    w.must(commands::start_session{}, w.as("bert"));
    BOOST_TEST(w.s.sessions->active_of("anna")->id == session_id{1});
    BOOST_TEST(w.s.sessions->active_of("bert")->id == session_id{2});
    w.must(commands::end_session{}, w.as("anna"));
    BOOST_TEST(w.s.sessions->active_of("anna") == nullptr);
    BOOST_TEST(w.s.sessions->active_of("bert")->id == session_id{2});
    BOOST_TEST(w.s.sessions->latest->id == session_id{2});
}

BOOST_AUTO_TEST_CASE(end_notes_stand_before_start_notes) {
    world w;
    w.must(commands::start_session{"begun", false});
    const auto kept = w.answer_of<answers::session>(commands::end_session{});
    BOOST_TEST(*kept->notes() == "begun");
    w.must(commands::start_session{"begun", false});
    const auto told = w.answer_of<answers::session>(commands::end_session{"over", {}});
    BOOST_TEST(*told->notes() == "over");
    BOOST_TEST(*told->start_notes == "begun");
    BOOST_TEST(*told->why_ended == end_reason::ended);
    BOOST_TEST(!told->active);
    BOOST_TEST((*told->ended_at > *told->started_at));
}

BOOST_AUTO_TEST_CASE(ending_or_noting_without_a_session_is_refused) {
    world w;
    BOOST_TEST(w.refused(commands::end_session{}).kind == refusal_kind::no_active_session);
    BOOST_TEST(w.refused(commands::note_session{"x"}).kind == refusal_kind::no_active_session);
    w.must(commands::start_session{});
    w.must(commands::end_session{});
    BOOST_TEST(w.refused(commands::end_session{}).kind == refusal_kind::no_active_session);
}

BOOST_AUTO_TEST_CASE(an_owner_ends_the_session_of_another_and_the_record_tells) {
    world w;
    w.must(commands::start_session{}, w.as("anna"));
    w.must(commands::start_session{}, w.as("olga", true));
    const refusal no = w.refused(commands::end_session{{}, session_id{1}}, w.as("bert"));
    BOOST_TEST(no.kind == refusal_kind::not_your_session);
    BOOST_TEST(no.key == "id");
    const auto ended =
        w.answer_of<answers::session>(commands::end_session{"went home", session_id{1}}, w.as("olga", true));
    BOOST_TEST(ended->operator_name == "anna");
    BOOST_TEST(*ended->why_ended == end_reason::by_owner);
    BOOST_TEST(w.trail.back().who.name == "olga");
    BOOST_TEST(*w.trail.back().session == session_id{1});
    BOOST_TEST(w.s.sessions->active_of("olga")->id == session_id{2});
}

BOOST_AUTO_TEST_CASE(ones_own_session_may_be_ended_by_its_id) {
    world w;
    w.must(commands::start_session{});
    const auto ended = w.answer_of<answers::session>(commands::end_session{{}, session_id{1}});
    BOOST_TEST(*ended->why_ended == end_reason::ended);
}

BOOST_AUTO_TEST_CASE(ids_that_never_were_and_ids_that_are_over_are_told_apart) {
    world w;
    for (int i = 0; i < 3; ++i) {
        w.must(commands::start_session{});
        w.must(commands::end_session{});
    }
    const auto kind_for = [&](std::int64_t id) {
        return w.refused(commands::end_session{{}, session_id{id}}, w.as("olga", true)).kind;
    };
    BOOST_TEST(kind_for(1) == refusal_kind::session_ended);  // no longer kept
    BOOST_TEST(kind_for(3) == refusal_kind::session_ended);  // the latest
    BOOST_TEST(kind_for(4) == refusal_kind::unknown_session);
    BOOST_TEST(kind_for(0) == refusal_kind::unknown_session);
    BOOST_TEST(kind_for(-1) == refusal_kind::unknown_session);
}

namespace {

/// What the records say that the session's end counts.
std::int64_t named_by(const std::vector<audit_entry>& trail, session_id id) {
    return std::ranges::count_if(trail, [id](const audit_entry& e) { return e.session == id; });
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_end_counts_the_records_of_its_session) {
    world w;
    w.must(commands::start_session{}, w.as("anna"));
    w.must(commands::start_session{}, w.as("bert"));
    w.must(commands::note_session{"one"}, w.as("anna"));
    w.must(commands::decide{"wholesaling", "run"}, w.as("anna"));
    w.must(commands::decide{"wholesaling", "scale"}, w.as("anna"));
    w.must(commands::decide{"wholesaling", "run"}, w.as("bert"));
    w.must(commands::decide{"wholesaling", "run"}, w.as("zoe"));  // in no session
    w.must(
        commands::record_denial{
            {.method = "cone.set", .needs = access_role::owner, .has = access_role::operator_, .count = 7}},
        w.as("anna"));
    w.must(commands::append_event{"X_PING", "{}"}, w.as("anna"));
    static_cast<void>(w.refused(commands::append_event{"PING", "{}"}, w.as("anna")));
    w.must(commands::end_session{}, w.as("anna"));
    BOOST_TEST(*w.newest<events::session_ended>().records == 7);
    BOOST_TEST(named_by(w.trail, session_id{1}) == 7);
    w.must(commands::end_session{{}, session_id{2}}, w.as("olga", true));  // no record of hers but this
    BOOST_TEST(*w.newest<events::session_ended>().records == 3);
    BOOST_CHECK(*w.s.tally == session_tally{});
}

BOOST_AUTO_TEST_CASE(a_superseded_session_is_counted_like_any_other) {
    world w;
    w.must(commands::start_session{});
    w.must(commands::note_session{"one"});
    const outcome out = w.run(commands::start_session{{}, true});
    BOOST_TEST(*std::get<events::session_ended>(out.records.at(0).what).records == 3);
    w.must(commands::end_session{});
    BOOST_TEST(*w.newest<events::session_ended>().records == 2);
}

BOOST_AUTO_TEST_CASE(commands_carried_out_together_count_each_other) {
    world w;
    const std::vector<command> together{commands::start_session{}, commands::note_session{"one"},
                                        commands::end_session{}};
    std::vector<audit_entry> records;
    BOOST_REQUIRE(!execute_all(w.s, together, w.as("anna"), records,
                               [](const answer&, const state&) { return std::optional<refusal>{}; }));
    BOOST_TEST(*std::get<events::session_ended>(records.at(2).what).records == 3);
}

BOOST_AUTO_TEST_CASE(what_happens_in_a_session_leaves_its_own_object_alone) {
    world w;
    const auto first = w.s.next_seq;
    w.must(commands::start_session{});
    const auto started = w.s.sessions;
    w.must(commands::note_session{"thought of something"});
    w.must(commands::decide{"wholesaling", "run"});
    // The same object: bytes rendered from it stay good however much is decided meanwhile.
    BOOST_TEST(w.s.sessions == started);
    BOOST_TEST(w.s.sessions->active_of("anna")->first_seq == first);
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_given_out_is_never_changed_afterwards) {
    world w;
    const auto held = w.answer_of<answers::session>(commands::start_session{});
    const state copy = w.s;
    const session seen = *held;  // NOLINT(performance-unnecessary-copy-initialization): as it is now
    w.must(commands::note_session{"more"});
    w.must(commands::end_session{"over", {}});
    BOOST_TEST((*held == seen));
    BOOST_TEST(copy.sessions->active_of("anna") == held.get());
}

BOOST_AUTO_TEST_CASE(time_never_goes_backward_in_the_trail) {
    world w;
    context early = w.as("anna");
    early.now -= 1h;
    const auto before = w.s.last_ts;
    w.must(commands::start_session{}, early);
    BOOST_TEST((w.trail.back().ts == before));
    BOOST_TEST((*w.s.sessions->active_of("anna")->started_at == before));
}

BOOST_AUTO_TEST_CASE(texts_that_would_not_fit_a_record_are_refused) {
    world w;
    w.must(commands::start_session{});
    const std::string controls(16'384, '\x01');  // six bytes each in JSON
    BOOST_TEST(w.refused(commands::note_session{controls}).kind == refusal_kind::record_too_large);
    BOOST_TEST(w.refused(commands::end_session{controls, {}}).kind == refusal_kind::record_too_large);
    w.must(commands::note_session{std::string(16'384, 'x')});
    std::string line;
    encode_record(w.trail.back(), line);
    BOOST_TEST(line.size() <= max_record_bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
