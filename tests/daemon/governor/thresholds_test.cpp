// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

using change = std::pair<std::string, commands::set_thresholds::value>;

commands::set_thresholds set(std::vector<change> changes) {
    return {std::move(changes)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threshold_changes)

BOOST_AUTO_TEST_CASE(a_change_is_recorded_with_before_and_after) {
    world w;
    const thresholds before = *w.s.limits;
    w.must(set({{"deny_rate_yellow", 0.1}, {"band_c_status", health_level::red}, {"deny_rate_red", std::int64_t{1}}}));
    const auto& recorded = w.newest<events::thresholds_changed>();
    BOOST_TEST((recorded.before == before));
    BOOST_TEST((recorded.after == *w.s.limits));
    BOOST_TEST(w.s.limits->deny_rate_yellow == 0.1);
    BOOST_TEST(w.s.limits->deny_rate_red == 1.0);
    BOOST_TEST(w.s.limits->band_c_status == health_level::red);
}

BOOST_AUTO_TEST_CASE(a_change_that_changes_nothing_is_answered_and_not_recorded) {
    world w;
    const auto seq = w.s.next_seq;
    w.must(set({{"deny_rate_yellow", 0.25}}));
    w.must(set({}));
    BOOST_TEST(w.s.next_seq == seq);
}

BOOST_AUTO_TEST_CASE(health_follows_a_change_at_once) {
    world w;
    w.must(set({{"band_b_status", health_level::yellow}}));
    BOOST_TEST(w.s.health->status == health_level::yellow);
    BOOST_TEST(w.newest<events::health_changed>().now.status == health_level::yellow);
}

BOOST_AUTO_TEST_CASE(wrong_values_are_refused_and_named) {
    struct wrong {
        std::vector<change> changes;
        const char* key;
        const char* message;
    };
    const std::vector<wrong> table{
        {{{"deny_rate_redd", 0.5}},
         "deny_rate_redd",
         "There is no threshold deny_rate_redd. Did you mean deny_rate_red"},
        {{{"deny_rate_red", 1.5}}, "deny_rate_red", "deny_rate_red must be between 0 and 1, and 1.5 was given."},
        {{{"deny_rate_red", std::int64_t{-1}}}, "deny_rate_red", "must be between 0 and 1, and -1 was given"},
        {{{"min_decisions_for_drift", 2.5}}, "min_decisions_for_drift", "must be a whole number"},
        {{{"min_decisions_for_drift", std::int64_t{-1}}}, "min_decisions_for_drift", "must be between 0 and 1000000"},
        {{{"min_decisions_for_drift", health_level::red}}, "min_decisions_for_drift", "must be a whole number"},
        {{{"deny_rate_red", health_level::red}}, "deny_rate_red", "must be a number"},
        {{{"band_a_status", std::int64_t{1}}}, "band_a_status", R"(must be "green", "yellow" or "red")"},
        {{{"deny_rate_yellow", 0.9}}, "deny_rate_yellow", "deny_rate_red must not be smaller than deny_rate_yellow."},
        {{{"wal_yellow_mib", std::int64_t{10}}, {"disk_free_red_mib", std::int64_t{4096}}},
         "disk_free_red_mib",
         "disk_free_red_mib must not be larger"},
    };
    for (const wrong& bad : table) {
        world w;
        const refusal no = w.refused(commands::set_thresholds{bad.changes});
        BOOST_TEST(no.kind == refusal_kind::invalid_threshold);
        BOOST_TEST(no.key == bad.key);
        BOOST_TEST(contains(no.message, bad.message), no.message);
    }
}

BOOST_AUTO_TEST_CASE(a_pair_may_be_moved_together) {
    world w;
    w.must(set({{"deny_rate_yellow", 0.9}, {"deny_rate_red", 0.95}}));
    BOOST_TEST(w.s.limits->deny_rate_yellow == 0.9);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
