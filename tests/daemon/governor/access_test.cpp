// SPDX-License-Identifier: Apache-2.0
//
// Locks: what runs goes on, nothing new begins. Keys: made, counted, revoked.
#include <array>

#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

commands::create_key key_number(int number, std::optional<seconds> ttl = std::nullopt) {
    auto digits = std::to_string(number);
    return {.id = std::string(12 - digits.size(), '0') + digits,
            .hash = std::string(64, 'a'),
            .name = "ci",
            .role = access_role::operator_,
            .ttl = ttl};
}

/// olga is an owner.
struct locked_world : world {
    void lock(const std::string& whom, std::optional<seconds> ttl = std::nullopt) {
        must(commands::lock_operator{whom, "left the company", ttl}, as("olga", true));
    }
};

/// Every command of an operator or an owner that begins something.
std::vector<command> beginnings(const state& s) {
    return {commands::start_session{},
            commands::start_session{std::nullopt, true},
            commands::set_cone{band::expansion, "x", "{}"},
            commands::decide{s.rules->engines.front().name, "run"},
            commands::report_health{"a", health_level::red, "x", std::nullopt},
            commands::clear_health{"a"},
            commands::set_thresholds{{{"deny_rate_red", 0.9}}},
            commands::set_step{s.steps->steps.front().id, true, std::nullopt, std::nullopt},
            commands::append_event{"X_A", "{}"},
            commands::import_state{},
            commands::load_policy{s.rules},
            commands::witness_checkpoint{},
            commands::lock_operator{"cora", "x", std::nullopt},
            key_number(1),
            commands::revoke_key{"000000000001", std::nullopt}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(access_rules_of_the_governor, locked_world)

BOOST_AUTO_TEST_CASE(who_is_locked_begins_nothing_whatever_his_role) {
    must(commands::start_session{});
    lock("anna");
    for (const bool owner : {false, true}) {
        for (const command& c : beginnings(s)) {
            BOOST_TEST_CONTEXT("command " << c.index() << ", owner " << owner) {
                BOOST_TEST(refused(c, as("anna", owner)).kind == refusal_kind::operator_locked);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(who_is_locked_can_note_in_his_session_and_end_it) {
    must(commands::start_session{});
    lock("anna");
    BOOST_TEST(s.sessions->active_of("anna") != nullptr, "a lock ends nothing");
    must(commands::note_session{"I leave the rest to bert"});
    must(commands::end_session{"handed over", std::nullopt});
    BOOST_TEST(refused(commands::start_session{}).kind == refusal_kind::operator_locked);
    BOOST_TEST(refused(commands::note_session{"x"}).kind == refusal_kind::no_active_session);
}

BOOST_AUTO_TEST_CASE(the_refusal_says_why_since_when_until_when_and_by_whom) {
    const auto since = now;
    lock("anna", hours{2});
    const auto no = refused(commands::start_session{});
    BOOST_REQUIRE(no.lock.has_value());
    BOOST_TEST(no.lock->reason == "left the company");
    BOOST_TEST(no.lock->locked_by == "olga");
    BOOST_TEST((no.lock->since == since));
    BOOST_TEST((no.lock->until == since + hours{2}));
    for (const auto& part :
         {std::string{"left the company"}, std::string{"olga"}, format_utc(since), format_utc(since + hours{2})}) {
        BOOST_TEST(contains(no.message, part), no.message);
    }
}

BOOST_AUTO_TEST_CASE(nobody_else_is_held) {
    lock("anna");
    must(commands::start_session{}, as("bert"));
    must(commands::start_session{}, as("anna2"));
    must(commands::set_cone{band::expansion, "x", "{}"}, as("olga", true));
}

BOOST_AUTO_TEST_CASE(the_daemon_is_not_held_under_whatever_name) {
    lock("valhallad");
    must(commands::tick{self_checks{}}, daemon());
    must(commands::load_policy{built_in_canon()}, daemon());
}

BOOST_AUTO_TEST_CASE(a_lock_runs_out_by_itself_at_its_very_moment) {
    lock("anna", seconds{60});
    const auto until = *s.locks->at("anna").until;
    now = until - std::chrono::microseconds{1};
    BOOST_TEST(refused(commands::start_session{}).kind == refusal_kind::operator_locked);
    now = until;
    must(commands::start_session{});
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_does_not_bring_a_lock_back) {
    lock("anna", seconds{60});
    now = *s.locks->at("anna").until;
    must(commands::start_session{});
    now -= hours{5};
    must(commands::note_session{"still here"});
    must(commands::decide{s.rules->engines.front().name, "run"});
}

BOOST_AUTO_TEST_CASE(a_lock_that_has_run_out_cannot_be_lifted_and_goes_with_the_next_one) {
    lock("anna", seconds{60});
    wait(seconds{61});
    BOOST_TEST(refused(commands::unlock_operator{"anna", std::nullopt}, as("olga", true)).kind ==
               refusal_kind::not_locked);
    BOOST_TEST(s.locks->size() == 1U);
    lock("bert");
    BOOST_TEST(s.locks->size() == 1U);
    BOOST_TEST(s.locks->contains("bert"));
}

BOOST_AUTO_TEST_CASE(a_new_lock_takes_the_place_of_the_old_one) {
    lock("anna", seconds{60});
    must(commands::lock_operator{"anna", "for good", std::nullopt}, as("root", true));
    wait(hours{100});
    const auto no = refused(commands::start_session{});
    BOOST_TEST(no.lock->reason == "for good");
    BOOST_TEST(no.lock->locked_by == "root");
    BOOST_TEST(!no.lock->until.has_value());
}

BOOST_AUTO_TEST_CASE(an_owner_who_is_locked_can_lift_his_own_lock_and_the_trail_says_so) {
    lock("olga");
    BOOST_TEST(refused(commands::set_cone{band::expansion, "x", "{}"}, as("olga", true)).kind ==
               refusal_kind::operator_locked);
    must(commands::unlock_operator{"olga", "by accident"}, as("olga", true));
    BOOST_TEST(trail.back().who.name == "olga");
    BOOST_TEST(newest<events::operator_unlocked>().reason.value() == "by accident");
    must(commands::set_cone{band::expansion, "x", "{}"}, as("olga", true));
}

BOOST_AUTO_TEST_CASE(unlocking_who_is_not_locked_names_those_who_are) {
    lock("anna");
    const auto no = refused(commands::unlock_operator{"ana", std::nullopt}, as("olga", true));
    BOOST_TEST(no.kind == refusal_kind::not_locked);
    BOOST_TEST(no.nearest.at(0) == "anna");
}

BOOST_AUTO_TEST_CASE(the_answers_to_lock_and_unlock_name_the_session_that_goes_on) {
    must(commands::start_session{});
    const auto locked = answer_of<answers::lock>(commands::lock_operator{"anna", "r", std::nullopt}, as("olga", true));
    BOOST_TEST(locked.session.value() == session_id{1});
    must(commands::end_session{});
    const auto lifted = answer_of<answers::lock>(commands::unlock_operator{"anna", std::nullopt}, as("olga", true));
    BOOST_TEST(lifted.what.reason == "r");
    BOOST_TEST(!lifted.session.has_value());
}

BOOST_AUTO_TEST_CASE(locks_are_limited_and_those_that_ran_out_do_not_count) {
    for (std::size_t i = 0; i < max_locks; ++i) {
        lock("operator-" + std::to_string(i), seconds{3'600});
    }
    const commands::lock_operator more{"one-more", "r", std::nullopt};
    BOOST_TEST(refused(more, as("olga", true)).kind == refusal_kind::too_many_locks);
    lock("operator-7");  // has one already
    wait(hours{2});
    must(more, as("olga", true));
    BOOST_TEST(s.locks->size() == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_is_carried_out_with_a_key_that_was_revoked_meanwhile) {
    must(commands::create_key{"3f0c9a51b2e7", std::string(64, '0'), "ci", access_role::owner, std::nullopt},
         as("olga", true));
    auto ci = as("ci", true);
    ci.key = "3f0c9a51b2e7";
    must(commands::start_session{}, ci);
    must(commands::revoke_key{"3f0c9a51b2e7", std::nullopt}, as("olga", true));
    const auto before = trail.size();
    for (const command& any : {command{commands::end_session{}}, command{commands::unlock_operator{"anna", {}}},
                               command{commands::set_cone{band::expansion, "x", "{}"}}}) {
        BOOST_TEST(refused(any, ci).kind == refusal_kind::key_revoked);
    }
    BOOST_TEST(trail.size() == before);
    must(commands::end_session{}, as("ci", true));
}

BOOST_AUTO_TEST_CASE(a_denial_of_who_is_locked_is_recorded_all_the_same) {
    lock("anna");
    must(commands::record_denial{{.method = "cone.set",
                                  .needs = access_role::owner,
                                  .has = access_role::operator_,
                                  .count = 3,
                                  .first = now,
                                  .last = now}});
    BOOST_TEST(trail.back().who.name == "anna");
    BOOST_TEST(newest<events::access_denied>().count == 3);
}

BOOST_AUTO_TEST_CASE(a_supposed_decision_is_nobodys_and_no_lock_holds_it) {
    lock("anna");
    must(commands::decide{s.rules->engines.front().name, "run"}, {.who = {}, .is_owner = false, .now = now});
}

BOOST_AUTO_TEST_CASE(a_key_is_kept_as_its_hash_until_it_is_revoked) {
    const auto made = answer_of<answers::key>(key_number(1, seconds{60}), as("olga", true));
    BOOST_TEST(made.created_by == "olga");
    BOOST_TEST((made.expires_at == made.created_at + seconds{60}));
    BOOST_TEST(s.keys->at("000000000001").hash == std::string(64, 'a'));
    wait(hours{1});
    BOOST_TEST(s.keys->size() == 1U, "an expired key is still shown");
    const auto gone = answer_of<answers::key>(commands::revoke_key{"000000000001", "old"}, as("olga", true));
    BOOST_TEST(gone.name == "ci");
    BOOST_TEST(s.keys->empty());
    BOOST_TEST(newest<events::key_revoked>().reason.value() == "old");
    BOOST_TEST(refused(commands::revoke_key{"000000000001", std::nullopt}, as("olga", true)).kind ==
               refusal_kind::unknown_key);
}

BOOST_AUTO_TEST_CASE(two_keys_may_have_one_name_and_none_the_id_of_another) {
    must(key_number(1), as("olga", true));
    must(key_number(2), as("olga", true));
    refused(key_number(2), as("olga", true));
    BOOST_TEST(s.keys->size() == 2U);
}

BOOST_AUTO_TEST_CASE(keys_are_limited) {
    for (std::size_t i = 0; i < max_keys; ++i) {
        must(key_number(static_cast<int>(i)), as("olga", true));
    }
    BOOST_TEST(refused(key_number(1'000), as("olga", true)).kind == refusal_kind::too_many_keys);
    must(commands::revoke_key{"000000000007", std::nullopt}, as("olga", true));
    must(key_number(1'000), as("olga", true));
}

BOOST_AUTO_TEST_CASE(a_lock_by_uid_holds_whatever_the_user_is_called) {
    must(commands::lock_operator{"uid:1000", "left", std::nullopt}, as("olga2", true));
    BOOST_TEST(refused(commands::start_session{}, as("anna")).kind == refusal_kind::operator_locked);
    BOOST_TEST(refused(commands::start_session{}, as("renamed")).kind == refusal_kind::operator_locked);
    auto other = as("anna");
    other.who.uid = 1001;
    must(commands::start_session{}, other);
    auto with_key = as("ci");
    with_key.who.uid.reset();
    must(commands::start_session{}, with_key);
}

BOOST_AUTO_TEST_CASE(a_lock_by_name_and_uid_is_two_records_and_ends_as_one) {
    const auto before = trail.size();
    commands::lock_operator both{"anna", "left", std::nullopt};
    both.also = "uid:1000";
    must(both, as("olga", true));
    BOOST_TEST(trail.size() == before + 2);
    BOOST_TEST(s.locks->size() == 2U);
    BOOST_TEST(refused(commands::start_session{}, as("another name")).kind == refusal_kind::operator_locked);
    must(commands::unlock_operator{"uid:1000", std::nullopt}, as("olga", true));
    BOOST_TEST(s.locks->empty());
    must(both, as("olga", true));
    must(commands::unlock_operator{"anna", std::nullopt}, as("olga", true));
    BOOST_TEST(s.locks->empty());
}

BOOST_AUTO_TEST_CASE(unlocking_one_person_leaves_the_locks_of_others) {
    commands::lock_operator anna{"anna", "left", std::nullopt};
    anna.also = "uid:8";
    must(anna, as("olga", true));
    must(commands::lock_operator{"uid:7", "left", std::nullopt}, as("olga", true));
    must(commands::lock_operator{"berta", "left", std::nullopt}, as("olga", true));
    must(commands::unlock_operator{"anna", std::nullopt}, as("olga", true));
    BOOST_TEST(s.locks->size() == 2U);
    BOOST_TEST(s.locks->contains("uid:7"));
    BOOST_TEST(s.locks->contains("berta"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
