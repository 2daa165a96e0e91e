// SPDX-License-Identifier: Apache-2.0
#include "daemon/access_control.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "daemon/access_names.hpp"

using valhalla::access_control;
using valhalla::access_rules;
using valhalla::problem_with_entry;
using valhalla::ipc::role;

namespace {
constexpr uid_t own = 4'000'000;
constexpr uid_t nobody_we_know = 4'000'001;
constexpr gid_t group_we_know = 4'000'002;
}  // namespace

BOOST_AUTO_TEST_SUITE(access_suite)

BOOST_AUTO_TEST_CASE(root_and_the_daemons_own_user_are_owners_whatever_the_rules_say) {
    access_control who{access_rules{.owners = {}, .operators = {}, .viewers = {"uid:0"}, .others = role::none}, own};
    BOOST_TEST((who.role_of(0, 0) == role::owner));
    BOOST_TEST((who.role_of(own, 1) == role::owner));
}

BOOST_AUTO_TEST_CASE(who_is_in_no_list_is_what_others_are) {
    access_control strict{access_rules{}, own};
    BOOST_TEST((strict.role_of(nobody_we_know, nobody_we_know) == role::none));
    access_control open{access_rules{.owners = {}, .operators = {}, .viewers = {}, .others = role::viewer}, own};
    BOOST_TEST((open.role_of(nobody_we_know, nobody_we_know) == role::viewer));
}

BOOST_AUTO_TEST_CASE(the_highest_list_that_matches_counts) {
    access_control who{
        access_rules{
            .owners = {"gid:4000002"}, .operators = {"uid:4000001"}, .viewers = {"uid:4000001"}, .others = role::none},
        own};
    BOOST_TEST((who.role_of(nobody_we_know, 7) == role::operator_));
    BOOST_TEST((who.role_of(nobody_we_know, group_we_know) == role::owner));
}

BOOST_AUTO_TEST_CASE(users_and_groups_match_by_name) {
    // uid 1 and gid 1 are `daemon` on every Debian.
    access_control by_user{access_rules{.owners = {}, .operators = {"daemon"}, .viewers = {}, .others = role::none},
                           own};
    BOOST_TEST((by_user.role_of(1, 1) == role::operator_));
    access_control by_group{
        access_rules{.owners = {}, .operators = {"group:daemon"}, .viewers = {}, .others = role::none}, own};
    BOOST_TEST((by_group.role_of(nobody_we_know, 1) == role::operator_));
    BOOST_TEST((by_group.role_of(nobody_we_know, 2) == role::none));
}

BOOST_AUTO_TEST_CASE(entries_that_cannot_match_anything_are_problems) {
    for (const char* bad : {"", "uid:", "uid:abc", "gid:-1", "uid:99999999999", "group:"}) {
        BOOST_TEST(problem_with_entry(bad).has_value(), bad);
    }
    for (const char* good : {"alice", "uid:0", "gid:100", "group:staff"}) {
        BOOST_TEST(!problem_with_entry(good).has_value(), good);
    }
}

BOOST_AUTO_TEST_CASE(names_that_the_system_does_not_know_are_told) {
    const access_rules rules{.owners = {"root", "no-such-user", "uid:4000001", "group:valhalla-admin"},
                             .operators = {"group:no-such-group", "group:root", "gid:4000001"},
                             .viewers = {"NO SUCH\nUSER"},
                             .others = role::none};
    const auto told = valhalla::unknown_names_in(rules);
    BOOST_TEST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0].starts_with("access.owners names \"no-such-user\", and this system knows no such user"));
    BOOST_TEST(
        told[1].starts_with("access.operators names \"group:no-such-group\", and this system knows no such group"));
    BOOST_TEST(told[2].starts_with("access.viewers names \"NO SUCH"));
    BOOST_TEST(valhalla::unknown_names_in(access_rules{}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
