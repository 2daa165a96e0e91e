// SPDX-License-Identifier: Apache-2.0
//
// Who is who, with a user database that the test writes.
#include "daemon/access_control.hpp"

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/access_names.hpp"
#include "tests/daemon/fake_users.hpp"

using valhalla::access_rules;
using valhalla::find_standing;
using valhalla::identity_with;
using valhalla::problem_with_entry;
using valhalla::ipc::role;
using valhalla::tests::fake_users;

namespace {

constexpr uid_t own = 4'000'000;
constexpr uid_t alice = 1'001;
constexpr uid_t stranger = 4'000'001;
constexpr gid_t staff = 50;

fake_users with_alice() {
    fake_users users;
    users.names[alice] = {"alice", 1'001};
    users.groups["staff"] = {staff, {"alice"}};
    users.groups["empty"] = {60, {}};
    return users;
}

access_rules operators_are(std::vector<std::string> entries) {
    return {.owners = {}, .operators = std::move(entries), .viewers = {}, .others = role::none};
}

/// The role, or none with a problem as text.
std::string role_under(const access_rules& rules, uid_t uid, const fake_users& users,
                       const std::vector<gid_t>& process_groups = {}) {
    const auto answer = find_standing(uid, own, rules, users.database());
    if (!answer.found) {
        BOOST_TEST(!answer.problem.empty());
        return "unknown";
    }
    return std::string{to_text(identity_with(*answer.found, process_groups).granted)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_suite)

BOOST_AUTO_TEST_CASE(root_and_the_daemons_own_user_are_owners_whatever_the_rules_and_the_database_say) {
    auto users = with_alice();
    const access_rules rules{.owners = {}, .operators = {}, .viewers = {"uid:0"}, .others = role::none};
    for (const int error : {0, EIO}) {
        users.error = error;
        BOOST_TEST(role_under(rules, 0, users) == "owner");
        BOOST_TEST(role_under(rules, own, users) == "owner");
    }
}

BOOST_AUTO_TEST_CASE(who_is_in_no_list_is_what_others_are) {
    BOOST_TEST(role_under({}, stranger, with_alice()) == "none");
    BOOST_TEST(role_under({.owners = {}, .operators = {}, .viewers = {}, .others = role::viewer}, stranger,
                          with_alice()) == "viewer");
}

BOOST_AUTO_TEST_CASE(the_highest_list_that_matches_counts) {
    const access_rules rules{
        .owners = {"gid:50"}, .operators = {"uid:1001"}, .viewers = {"uid:1001", "uid:4000001"}, .others = role::none};
    BOOST_TEST(role_under(rules, alice, with_alice()) == "owner");
    BOOST_TEST(role_under(rules, stranger, with_alice()) == "viewer");
}

BOOST_AUTO_TEST_CASE(users_and_groups_match_by_name_and_number_as_the_database_has_them) {
    for (const char* entry : {"alice", "uid:1001", "group:staff", "gid:50"}) {
        BOOST_TEST(role_under(operators_are({entry}), alice, with_alice()) == "operator", entry);
        BOOST_TEST(role_under(operators_are({"bob", entry}), alice, with_alice()) == "operator", entry);
    }
    for (const char* entry : {"Alice", "alice ", "uid:1002", "group:empty", "gid:60", "group:none"}) {
        BOOST_TEST(role_under(operators_are({entry}), alice, with_alice()) == "none", entry);
    }
}

BOOST_AUTO_TEST_CASE(the_primary_group_counts_though_nobody_is_listed_in_it) {
    auto users = with_alice();
    users.names[alice].group = 60;
    BOOST_TEST(role_under(operators_are({"group:empty"}), alice, users) == "operator");
    BOOST_TEST(role_under(operators_are({"gid:60"}), alice, users) == "operator");
}

BOOST_AUTO_TEST_CASE(groups_of_a_process_count_only_where_they_are_named_as_such) {
    const std::vector<gid_t> in_staff{staff};
    auto users = with_alice();
    users.groups["staff"].members.clear();  // she has left
    BOOST_TEST(role_under(operators_are({"group:staff", "gid:50"}), alice, users, in_staff) == "none");
    for (const char* entry : {"process-group:staff", "process-gid:50"}) {
        BOOST_TEST(role_under(operators_are({entry}), alice, users, in_staff) == "operator", entry);
        BOOST_TEST(role_under(operators_are({entry}), alice, users, {49, 51}) == "none", entry);
        // A user namespace has many uids that the system does not know; one person must not be many operators.
        BOOST_TEST(role_under(operators_are({entry}), stranger, users, in_staff) == "none", entry);
    }
    BOOST_TEST(role_under(operators_are({"process-group:none"}), alice, users, in_staff) == "none");
}

BOOST_AUTO_TEST_CASE(a_process_takes_nothing_from_what_the_user_has) {
    const access_rules rules{
        .owners = {"alice"}, .operators = {}, .viewers = {"process-group:staff"}, .others = role::none};
    BOOST_TEST(role_under(rules, alice, with_alice(), {staff}) == "owner");
}

BOOST_AUTO_TEST_CASE(an_error_neither_gives_a_role_nor_takes_one) {
    auto users = with_alice();
    users.error = EIO;  // of everything
    BOOST_TEST(role_under(operators_are({"group:staff"}), alice, users) == "unknown");
    users.error = 0;
    users.broken_group = "staff";
    BOOST_TEST(role_under(operators_are({"group:staff"}), alice, users) == "unknown");
    BOOST_TEST(role_under(operators_are({"process-group:staff"}), alice, users) == "unknown");
    // It does not matter where the role does not hang on it.
    BOOST_TEST(role_under(operators_are({"group:staff", "alice"}), alice, users) == "operator");
    BOOST_TEST(role_under(operators_are({"group:staff"}), stranger, users) == "none");
    const access_rules above{.owners = {"alice"}, .operators = {"group:staff"}, .viewers = {}, .others = role::none};
    BOOST_TEST(role_under(above, alice, users) == "owner");
    const access_rules below{.owners = {"group:staff"}, .operators = {"alice"}, .viewers = {}, .others = role::none};
    BOOST_TEST(role_under(below, alice, users) == "unknown");
}

BOOST_AUTO_TEST_CASE(the_systems_own_database_is_asked) {
    // uid 1 and gid 1 are `daemon` on every Debian.
    const auto users = valhalla::system_user_database();
    const auto daemon = users.user(1);
    BOOST_TEST_REQUIRE(daemon.entry.has_value());
    BOOST_TEST(daemon.entry->name == "daemon");
    BOOST_TEST(users.groups_of(*daemon.entry) == (std::vector<gid_t>{1}), boost::test_tools::per_element());
    BOOST_TEST(users.group_named("daemon").entry.value().id == 1U);
    BOOST_TEST(users.group_numbered(1).entry.has_value());
    const auto none = users.group_named("no-such-group-here");
    BOOST_TEST((!none.entry && none.error == 0));
}

BOOST_AUTO_TEST_CASE(entries_that_cannot_match_anything_are_problems) {
    for (const char* bad :
         {"", "uid:", "uid:abc", "gid:-1", "uid:99999999999", "group:", "process-group:", "process-gid:x"}) {
        BOOST_TEST(problem_with_entry(bad).has_value(), bad);
    }
    BOOST_TEST(problem_with_entry(std::string{"ali\0ce", 6}).has_value());
    for (const char* good : {"alice", "uid:0", "gid:100", "group:staff", "process-group:staff", "process-gid:7"}) {
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
