// SPDX-License-Identifier: Apache-2.0
//
// Look-ups beside the I/O thread, which is the test's own.
#include "daemon/identities.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/daemon/fake_users.hpp"

using namespace std::chrono_literals;
using valhalla::access_rules;
using valhalla::identities;
using valhalla::user_database;
using valhalla::ipc::credentials;
using valhalla::ipc::identity;
using valhalla::ipc::role;
using valhalla::tests::fake_users;

namespace {

constexpr uid_t own_uid = 4'000'000;
constexpr int no_socket = -1;

/// Users whose look-ups the test holds up, and counts.
struct asked_users {
    fake_users users;
    std::mutex mutex;
    std::vector<uid_t> asked;
    std::map<uid_t, std::shared_future<void>> held;

    user_database database() {
        auto all = users.database();
        all.user = [this, user = all.user](uid_t uid) {
            std::shared_future<void> until;
            {
                const std::lock_guard lock{mutex};
                asked.push_back(uid);
                if (const auto found = held.find(uid); found != held.end()) {
                    until = found->second;
                }
            }
            if (until.valid()) {
                until.wait();
            }
            const std::lock_guard lock{mutex};
            return user(uid);
        };
        return all;
    }
    std::ptrdiff_t times(uid_t uid) {
        const std::lock_guard lock{mutex};
        return std::count(asked.begin(), asked.end(), uid);
    }
    void set_error(int error) {
        const std::lock_guard lock{mutex};
        users.error = error;
    }
    void hold(uid_t uid, std::shared_future<void> until) {
        const std::lock_guard lock{mutex};
        held[uid] = std::move(until);
    }
};

struct identities_bench {
    explicit identities_bench(identities::settings how = {},
                              access_rules rules = {
                                  .owners = {}, .operators = {"group:staff"}, .viewers = {}, .others = role::none}) {
        for (uid_t uid = 1; uid < 40; ++uid) {
            users.users.names[uid] = {"user" + std::to_string(uid), 100};
        }
        users.users.groups["staff"] = {50, {"user1", "user2"}};
        who.emplace(
            io, std::move(rules), own_uid, users.database(),
            [this](const std::string& problem) { troubles.push_back(problem); }, how);
    }
    void look_up(uid_t uid) {
        who->look_up(no_socket, credentials{uid, 100}, [this](const std::optional<identity>& found) {
            answers.push_back(found ? found->name + " " + std::string{to_text(found->granted)} : "nothing");
        });
    }
    std::optional<std::string> known(uid_t uid) {
        const auto found = who->known(no_socket, credentials{uid, 100});
        return found ? std::optional{found->name + " " + std::string{to_text(found->granted)}} : std::nullopt;
    }
    void run_until_answers(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 120s;
        while (answers.size() < count) {
            BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < deadline));
            io.restart();
            io.run_one_for(100ms);
        }
    }

    asked_users users;
    boost::asio::io_context io;
    std::vector<std::string> answers;
    std::vector<std::string> troubles;
    std::optional<identities> who;
};

identities::settings without_haste() {
    return {.keep = 1h, .patience = 1h, .keep_without_answer = 1h, .retry = 1h};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(identities_suite)

BOOST_AUTO_TEST_CASE(an_answer_is_kept_and_asked_for_once_however_many_wait) {
    identities_bench b{without_haste()};
    BOOST_TEST(!b.known(1).has_value());
    for (int n = 0; n < 3; ++n) {
        b.look_up(1);
    }
    b.run_until_answers(3);
    for (const auto& each : b.answers) {
        BOOST_TEST(each == "user1 operator");
    }
    BOOST_TEST(b.known(1).value() == "user1 operator");
    BOOST_TEST(b.users.times(1) == 1);
    b.who->forget_ages();
    BOOST_TEST(!b.known(1).has_value());
    b.look_up(1);
    b.run_until_answers(4);
    BOOST_TEST(b.users.times(1) == 2);
}

BOOST_AUTO_TEST_CASE(root_and_the_own_user_never_wait) {
    identities_bench b{without_haste()};
    b.users.set_error(EIO);
    b.who->forget_ages();
    BOOST_TEST(b.known(0).value() == "uid:0 owner");  // as the database had it at the start
    BOOST_TEST(b.known(own_uid).value() == "uid:4000000 owner");
}

BOOST_AUTO_TEST_CASE(one_look_up_that_hangs_holds_up_nobody_else) {
    std::promise<void> let_go;
    identities_bench b{{.keep = 1h, .patience = 50ms, .keep_without_answer = 1h, .retry = 1h}};
    b.users.hold(7, let_go.get_future().share());
    b.look_up(7);
    b.look_up(2);
    b.run_until_answers(2);
    BOOST_TEST(b.answers == (std::vector<std::string>{"user2 operator", "nothing"}), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(b.troubles.size() == 1U);
    BOOST_TEST(b.troubles.front().find("uid 7") != std::string::npos, b.troubles.front());
    b.look_up(7);
    let_go.set_value();
    b.run_until_answers(3);
    BOOST_TEST(b.users.times(7) == 1);
    BOOST_TEST(b.who->stop(60s));
}

BOOST_AUTO_TEST_CASE(twenty_that_hang_are_answered_in_time_and_the_end_does_not_wait_for_them) {
    std::promise<void> let_go;
    const auto held = let_go.get_future().share();
    identities_bench b{{.keep = 1h, .patience = 50ms, .keep_without_answer = 1h, .retry = 1h}};
    for (uid_t uid = 10; uid < 30; ++uid) {
        b.users.hold(uid, held);
        b.look_up(uid);
    }
    b.run_until_answers(20);
    BOOST_TEST(b.answers == std::vector<std::string>(20, "nothing"), boost::test_tools::per_element());
    BOOST_TEST(b.troubles.size() == 1U);
    BOOST_TEST(!b.who->stop(10ms));
    let_go.set_value();
    BOOST_TEST(b.who->stop(60s));
}

BOOST_AUTO_TEST_CASE(without_an_answer_what_was_known_goes_on_for_a_while_and_it_is_told) {
    identities_bench b{{.keep = 0ms, .patience = 1h, .keep_without_answer = 1h, .retry = 0ms}};
    b.look_up(1);
    b.run_until_answers(1);
    b.users.set_error(EIO);
    b.look_up(1);
    b.look_up(2);  // was never here
    b.run_until_answers(3);
    std::ranges::sort(b.answers);
    BOOST_TEST(b.answers == (std::vector<std::string>{"nothing", "user1 operator", "user1 operator"}),
               boost::test_tools::per_element());
    BOOST_TEST(b.troubles.size() == 1U, "once, however often");
    b.users.set_error(0);
    b.look_up(1);
    b.run_until_answers(4);
    BOOST_TEST_REQUIRE(b.troubles.size() == 2U);
    BOOST_TEST(b.troubles.back().empty());
}

BOOST_AUTO_TEST_CASE(what_was_known_ends_when_nothing_is_heard_for_long) {
    identities_bench b{{.keep = 0ms, .patience = 1h, .keep_without_answer = 0ms, .retry = 0ms}};
    b.look_up(1);
    b.run_until_answers(1);
    b.users.set_error(EIO);
    b.look_up(1);
    b.run_until_answers(2);
    BOOST_TEST(b.answers.back() == "nothing");
}

BOOST_AUTO_TEST_CASE(new_rules_hold_for_whoever_asks_next_and_for_look_ups_under_way) {
    std::promise<void> let_go;
    identities_bench b{without_haste()};
    b.look_up(1);
    b.run_until_answers(1);
    b.users.hold(2, let_go.get_future().share());
    b.look_up(2);
    b.who->set_rules({.owners = {"user1"}, .operators = {}, .viewers = {"user2"}, .others = role::none});
    BOOST_TEST(!b.known(1).has_value());
    let_go.set_value();
    b.look_up(1);
    b.run_until_answers(3);
    std::ranges::sort(b.answers);
    BOOST_TEST(b.answers == (std::vector<std::string>{"user1 operator", "user1 owner", "user2 viewer"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_user_is_known_by_name_and_by_uid_once_seen) {
    identities_bench b{without_haste()};
    BOOST_TEST(!b.who->other_name_of("user1").has_value());
    b.look_up(1);
    b.look_up(99);  // whom the system does not know
    b.run_until_answers(2);
    BOOST_TEST(b.who->other_name_of("user1").value() == "uid:1");
    BOOST_TEST(b.who->other_name_of("uid:1").value() == "user1");
    for (const char* unknown : {"uid:99", "User1", "user1 ", "uid:2", ""}) {
        BOOST_TEST(!b.who->other_name_of(unknown).has_value(), unknown);
    }
}

BOOST_AUTO_TEST_SUITE_END()
