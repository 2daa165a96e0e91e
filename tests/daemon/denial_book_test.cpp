// SPDX-License-Identifier: Apache-2.0
#include "daemon/denial_book.hpp"

#include <boost/test/unit_test.hpp>

using namespace valhalla;
using namespace std::chrono_literals;

namespace {

/// A book, and a clock that moves when told.
struct desk {
    denial_rules rules{.window = 60s, .records_per_minute = 10};
    denial_book book{rules};
    denial_book::clock::time_point now{1'000h};
    unix_micros wall = micros_at(1'800'000'000'000'000);

    std::optional<denial_book::entry> deny(const std::string& who, std::string_view method = "cone.set") {
        return book.note({.who = {.name = who, .via = actor_via::unix_socket, .uid = 7, .gid = 7},
                          .method = method,
                          .needs = ipc::role::owner,
                          .has = ipc::role::viewer},
                         wall, now);
    }
    void pass(std::chrono::milliseconds time) {
        now += time;
        wall += time;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(denials, desk)

BOOST_AUTO_TEST_CASE(the_first_one_is_recorded_at_once) {
    const auto one = deny("eve");
    BOOST_TEST_REQUIRE(one.has_value());
    BOOST_TEST(one->who.name == "eve");
    BOOST_TEST(one->what.method.value() == "cone.set");
    BOOST_TEST((one->what.needs == access_role::owner));
    BOOST_TEST((one->what.has == access_role::viewer));
    BOOST_TEST(one->what.count == 1);
    BOOST_TEST((one->what.first == wall));
    BOOST_TEST((one->what.last == wall));
}

BOOST_AUTO_TEST_CASE(repeats_become_one_record_when_the_window_ends) {
    const auto start = wall;
    BOOST_TEST(deny("eve").has_value());
    for (int i = 0; i < 5; ++i) {
        pass(1s);
        BOOST_TEST(!deny("eve").has_value());
    }
    BOOST_TEST(book.due(now).empty());
    pass(55s);
    const auto over = book.due(now);
    BOOST_TEST_REQUIRE(over.size() == 1U);
    BOOST_TEST(over[0].what.count == 5);
    BOOST_TEST((over[0].what.first == start + 1s));
    BOOST_TEST((over[0].what.last == start + 5s));
    BOOST_TEST(over[0].who.name == "eve");
}

BOOST_AUTO_TEST_CASE(a_window_without_a_repeat_closes_and_the_next_one_is_a_first_one) {
    BOOST_TEST(deny("eve").has_value());
    pass(60s);
    BOOST_TEST(book.due(now).empty());
    BOOST_TEST(book.open_windows() == 0U);
    BOOST_TEST(!book.next_due(now).has_value());
    BOOST_TEST(deny("eve").has_value());
}

BOOST_AUTO_TEST_CASE(actors_methods_and_ways_are_told_apart) {
    BOOST_TEST(deny("eve", "cone.set").has_value());
    BOOST_TEST(deny("eve", "key.create").has_value());
    BOOST_TEST(deny("mallory", "cone.set").has_value());
    BOOST_TEST(book.note({{"eve", actor_via::http, {}, {}}, "cone.set", ipc::role::owner, ipc::role::viewer}, wall, now)
                   .has_value());
    BOOST_TEST(!deny("eve", "cone.set").has_value());
    BOOST_TEST(book.open_windows() == 4U);
}

BOOST_AUTO_TEST_CASE(who_was_not_let_in_has_no_method) {
    BOOST_TEST(!deny("eve", "")->what.method.has_value());
}

BOOST_AUTO_TEST_CASE(a_hostile_hour_makes_as_many_records_as_the_bound_says_and_loses_no_denial) {
    std::int64_t records = 0;
    std::int64_t counted = 0;
    std::int64_t denied = 0;
    const auto take = [&](const denial_book::entry& one) {
        ++records;
        counted += one.what.count;
    };
    for (int second = 0; second < 3'600; ++second) {
        for (int i = 0; i < 100; ++i, ++denied) {
            if (const auto one = deny("uid:" + std::to_string(i % 50), "method." + std::to_string(second % 7))) {
                take(*one);
            }
        }
        for (const auto& one : book.due(now)) {
            take(one);
        }
        pass(1s);
    }
    BOOST_TEST(records <= 10 + 60 * 10);
    BOOST_TEST(records >= 60 * 10 - 10, "what is allowed is used");
    BOOST_TEST(book.open_windows() <= denial_book::most_told_apart + 1);
    for (const auto& one : book.close()) {
        counted += one.what.count;
    }
    BOOST_TEST(counted == denied);
}

BOOST_AUTO_TEST_CASE(more_users_than_are_told_apart_are_counted_together) {
    for (std::size_t i = 0; i < denial_book::most_told_apart; ++i) {
        static_cast<void>(deny("uid:" + std::to_string(i)));
    }
    for (int i = 0; i < 1'000; ++i) {
        BOOST_TEST(!deny("other:" + std::to_string(i)).has_value());
    }
    BOOST_TEST(book.open_windows() == denial_book::most_told_apart + 1);
    std::int64_t together = 0;
    for (const auto& one : book.close()) {
        if (one.who.via == actor_via::daemon) {
            BOOST_TEST(one.who.name == "valhallad");
            BOOST_TEST(!one.what.method.has_value());
            BOOST_TEST(!one.what.needs.has_value());
            together += one.what.count;
        }
    }
    BOOST_TEST(together == 1'000);
    BOOST_TEST(book.open_windows() == 0U);
}

BOOST_AUTO_TEST_CASE(what_waits_longest_goes_first_and_wakes_when_there_is_room_again) {
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(deny("quick", "method." + std::to_string(i)).has_value());
    }
    BOOST_TEST(!deny("late").has_value(), "the minute is used up");
    pass(1s);
    BOOST_TEST(!deny("later").has_value());
    pass(60s);
    const auto next = book.due(now);
    BOOST_TEST_REQUIRE(next.size() == 2U);
    BOOST_TEST(next[0].who.name == "late");
    BOOST_TEST(next[1].who.name == "later");
}

BOOST_AUTO_TEST_CASE(it_wakes_no_sooner_than_a_record_may_be_written) {
    rules.records_per_minute = 1;
    rules.window = 5s;
    book.set_rules(rules);
    BOOST_TEST(deny("eve").has_value());
    BOOST_TEST(!deny("eve").has_value());
    const auto when = book.next_due(now);
    BOOST_TEST_REQUIRE(when.has_value());
    BOOST_TEST((*when >= now + 60s));
    BOOST_TEST((*when <= now + 61s));
    now = *when;
    BOOST_TEST(book.due(now).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_does_not_turn_first_and_last_round) {
    BOOST_TEST(deny("eve").has_value());
    static_cast<void>(deny("eve"));
    wall -= 1h;
    static_cast<void>(deny("eve"));
    const auto all = book.close();
    BOOST_TEST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all[0].what.count == 2);
    BOOST_TEST((all[0].what.first <= all[0].what.last));
}

BOOST_AUTO_TEST_SUITE_END()
