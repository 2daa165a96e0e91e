// SPDX-License-Identifier: Apache-2.0
//
// Several commands, all or nothing.
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/governor/world.hpp"

using namespace valhalla;
using namespace valhalla::governor;
using valhalla::governor::testing::world;

namespace {

struct run {
    std::optional<refused_one> refused;
    std::vector<audit_entry> records;
    std::vector<answer> answers;
    std::vector<audit_seq> next_after;  ///< the next number in the state that each answer came with
};

run carry_out(world& w, const std::vector<command>& all) {
    run done;
    done.refused = execute_all(w.s, all, w.as("anna", true), done.records,
                               [&](const answer& what, const state& after) -> std::optional<refusal> {
                                   done.answers.push_back(what);
                                   done.next_after.push_back(after.next_seq);
                                   return std::nullopt;
                               });
    return done;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(atomic)

BOOST_AUTO_TEST_CASE(it_comes_to_the_same_as_one_after_the_other) {
    const std::vector<command> all{commands::start_session{.notes = "n", .supersede = false},
                                   commands::set_cone{.to = band::survival, .reason = "flood", .metrics_json = "{}"},
                                   commands::note_session{"x"}, commands::end_session{.notes = {}, .id = {}},
                                   commands::append_event{"X_A", "{}"}};
    world together;
    world apart;
    const auto done = carry_out(together, all);
    BOOST_TEST(!done.refused.has_value());
    std::vector<audit_entry> records;
    for (const auto& one : all) {
        const auto out = execute(apart.s, one, together.as("anna", true));
        BOOST_TEST(!out.refused());
        records.insert(records.end(), out.records.begin(), out.records.end());
    }
    BOOST_TEST(same_records(together.s, apart.s));
    BOOST_TEST(done.records.size() == records.size());
    BOOST_TEST(done.records.back().seq == records.back().seq);
    BOOST_TEST(done.answers.size() == all.size());
}

BOOST_AUTO_TEST_CASE(an_answer_comes_with_the_state_after_its_command) {
    world w;
    const auto first = w.s.next_seq;
    const auto done = carry_out(w, {commands::append_event{"X_A", "{}"}, commands::append_event{"X_A", "{}"}});
    BOOST_TEST_REQUIRE(done.next_after.size() == 2U);
    BOOST_TEST(done.next_after[0] == next(first));
    BOOST_TEST(done.next_after[1] == next(next(first)));
}

BOOST_AUTO_TEST_CASE(a_refusal_leaves_everything_as_it_was) {
    world w;
    const state before = w.s;
    const auto done = carry_out(
        w, {commands::set_cone{.to = band::survival, .reason = "flood", .metrics_json = "{}"},
            commands::start_session{.notes = {}, .supersede = false},
            commands::report_health{.source = "s", .level = health_level::red, .message = "m", .ttl = std::nullopt},
            commands::start_session{.notes = {}, .supersede = false}, commands::append_event{"X_A", "{}"}});
    BOOST_TEST_REQUIRE(done.refused.has_value());
    BOOST_TEST(done.refused->index == 3U);
    BOOST_TEST(done.refused->why.kind == refusal_kind::session_active);
    BOOST_TEST(done.records.empty());
    BOOST_TEST(same_records(before, w.s));
    BOOST_TEST(before.health == w.s.health);
    BOOST_TEST(before.current_cone == w.s.current_cone);
}

BOOST_AUTO_TEST_CASE(whoever_takes_the_answers_may_refuse_them) {
    world w;
    const state before = w.s;
    std::vector<audit_entry> records;
    const std::vector<command> all{commands::append_event{"X_A", "{}"}, commands::append_event{"X_A", "{}"}};
    const auto no = execute_all(w.s, all, w.as("anna"), records, [](const answer&, const state& after) {
        refusal full;
        full.kind = refusal_kind::answers_too_large;
        return after.next_seq > audit_seq{5} ? std::optional{full} : std::nullopt;
    });
    BOOST_TEST_REQUIRE(no.has_value());
    BOOST_TEST(no->why.kind == refusal_kind::answers_too_large);
    BOOST_TEST(records.empty());
    BOOST_TEST(same_records(before, w.s));
}

BOOST_AUTO_TEST_SUITE_END()
