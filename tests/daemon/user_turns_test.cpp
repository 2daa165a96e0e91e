// SPDX-License-Identifier: Apache-2.0
#include "daemon/user_turns.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using turns = valhalla::user_turns<char, std::pair<char, int>>;

void add_many(turns& to, char user, int from, int count) {
    for (int n = from; n < from + count; ++n) {
        to.add(user, {user, n});
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(user_turns_suite)

BOOST_AUTO_TEST_CASE(who_asks_for_little_is_served_among_the_first) {
    turns all;
    add_many(all, 'a', 0, 10'000);
    add_many(all, 'b', 0, 1);
    std::vector<std::pair<char, int>> taken;
    all.take(taken, 100);
    BOOST_TEST(taken.size() == 100U);
    BOOST_TEST((taken.at(turns::items_in_turn) == std::pair{'b', 0}));
    BOOST_TEST(all.size() == 9'901U);
}

BOOST_AUTO_TEST_CASE(what_was_taken_and_not_done_goes_back_in_front) {
    turns all;
    add_many(all, 'a', 0, 40);
    std::vector<std::pair<char, int>> taken;
    all.take(taken, 30);
    while (taken.size() > 5) {  // of which five were done
        all.give_back('a', std::move(taken.back()));
        taken.pop_back();
    }
    add_many(all, 'a', 40, 1);
    all.take(taken, 100);
    BOOST_TEST_REQUIRE(taken.size() == 41U);
    for (int n = 0; n < 41; ++n) {
        BOOST_TEST((taken.at(static_cast<std::size_t>(n)) == std::pair{'a', n}));
    }
    BOOST_TEST(all.empty());
}

BOOST_AUTO_TEST_CASE(each_users_order_is_kept_and_nothing_is_lost) {
    turns all;
    int next_a = 0;
    int next_b = 0;
    std::vector<std::pair<char, int>> taken;
    for (int round = 0; round < 50; ++round) {
        add_many(all, 'a', 40 * round, 40);
        add_many(all, 'b', 3 * round, 3);
        all.take(taken, 23);
    }
    all.take(taken, 100'000);
    BOOST_TEST(all.empty());
    BOOST_TEST(taken.size() == 50U * 43U);
    for (const auto& [user, number] : taken) {
        BOOST_TEST(number == (user == 'a' ? next_a++ : next_b++));
    }
    all.take(taken, 5);
    BOOST_TEST(taken.size() == 50U * 43U);
}

BOOST_AUTO_TEST_SUITE_END()
