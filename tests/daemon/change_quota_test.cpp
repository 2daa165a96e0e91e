// SPDX-License-Identifier: Apache-2.0
#include "daemon/change_quota.hpp"

#include <array>

#include <boost/test/unit_test.hpp>

using valhalla::change_quota;

BOOST_AUTO_TEST_SUITE(change_quota_)

BOOST_AUTO_TEST_CASE(one_user_gets_three_quarters_of_the_changes_and_the_rest_is_left_to_others) {
    change_quota quota{{.changes = 16, .bytes = 1'000'000}};
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(!!quota.take(7, 10));
    }
    BOOST_TEST(!quota.take(7, 10));
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST(!!quota.take(8, 10));
    }
    BOOST_TEST(!quota.take(8, 10));
    BOOST_TEST(!quota.take(9, 10));
    BOOST_TEST(quota.taken().changes == 16U);
    BOOST_TEST(quota.taken().bytes == 160U);
}

BOOST_AUTO_TEST_CASE(and_three_quarters_of_the_bytes) {
    change_quota quota{{.changes = 1'000, .bytes = 4'000}};
    BOOST_TEST(!!quota.take(7, 2'999));
    BOOST_TEST(!quota.take(7, 2));
    BOOST_TEST(!!quota.take(7, 1));
    BOOST_TEST(!quota.take(8, 1'001));
    BOOST_TEST(!!quota.take(8, 1'000));
}

BOOST_AUTO_TEST_CASE(what_is_given_back_can_be_taken_again) {
    change_quota quota{{.changes = 4, .bytes = 4'000}};
    std::array holds{quota.take(7, 100), quota.take(7, 100), quota.take(7, 100)};
    BOOST_TEST(!quota.take(7, 100));
    holds.front().give_back();
    BOOST_TEST(!!quota.take(7, 100));
    BOOST_TEST(quota.taken().bytes == 300U);
    change_quota::hold{}.give_back();  // of the daemon's own changes
}

BOOST_AUTO_TEST_CASE(users_who_wait_for_nothing_are_forgotten) {
    change_quota quota{{}};
    const auto kept = quota.take(1, 50);
    for (std::uint32_t uid = 2; uid < 5 * change_quota::max_users; ++uid) {
        quota.take(uid, 10).give_back();
        BOOST_TEST(quota.users() <= change_quota::max_users);
    }
    BOOST_TEST(quota.taken().bytes == 50U);
    kept.give_back();
    BOOST_TEST(quota.taken().changes == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
