// SPDX-License-Identifier: Apache-2.0
//
// The clock that spans are measured by: that it goes on, and where a restart takes it up. And what is said of a wall
// clock that is set.
#include "daemon/clock_watch.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace valhalla;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::microseconds;

namespace {

constexpr auto some_day = micros_at(1'795'338'523'000'000);  // 2026-11-22T09:08:43Z

/// A machine whose time passes when told.
struct machine {
    unix_micros wall = some_day;
    microseconds running = 5h;
    std::string boot = "0123456789abcdef0123456789abcdef";

    void pass(microseconds span) {
        wall += span;
        running += span;
    }
    void start_again(microseconds off) {
        wall += off;
        running = 20s;
        boot = boot == std::string(32, '1') ? std::string(32, '2') : std::string(32, '1');
    }
    [[nodiscard]] daemon_clock clock(const std::optional<clock_mark>& stored = std::nullopt) {
        return daemon_clock{{.wall = [this] { return wall; }, .running = [this] { return running; }, .boot = boot},
                            stored};
    }
};

std::vector<std::string> told_by(const clock_watch& watch) {
    std::vector<governor::self_finding> found;
    watch.tell(found);
    std::vector<std::string> sentences;
    for (const auto& one : found) {
        BOOST_TEST((one.level == health_level::yellow));
        sentences.push_back(one.sentence);
    }
    return sentences;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(span_clock)

BOOST_AUTO_TEST_CASE(a_new_one_begins_as_the_wall_clock_and_goes_on_whatever_that_is_set_to) {
    machine m;
    const auto clock = m.clock();
    BOOST_TEST((clock.span() == span_of(m.wall)));
    const auto begun = clock.span();
    for (const auto set_to : {micros_at(0), some_day + days{30'000}, some_day - days{3}, micros_at(1LL << 52U)}) {
        m.wall = set_to;
        m.running += 10s;
        BOOST_TEST((clock.wall() == set_to));
    }
    BOOST_TEST((clock.span() == begun + 40s));
}

BOOST_AUTO_TEST_CASE(within_one_run_of_the_system_a_restart_counts_what_has_passed_whatever_the_wall_clock_says) {
    for (const auto set_by : std::initializer_list<microseconds>{0s, days{3}, -days{3}, days{26'000}, -days{20'000}}) {
        machine m;
        const auto mark = m.clock().mark();
        m.pass(90s);
        m.wall += set_by;
        BOOST_TEST((m.clock(mark).span() == mark.span + 90s));
    }
}

BOOST_AUTO_TEST_CASE(after_a_start_of_the_system_the_wall_clock_tells_what_was_between) {
    machine m;
    const auto mark = m.clock().mark();
    m.start_again(8h);
    BOOST_TEST((m.clock(mark).span() == mark.span + 8h));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_before_the_system_was_started_tells_it_too) {
    machine m;
    auto clock = m.clock();
    m.wall += days{3};
    m.pass(10s);
    const auto mark = clock.mark();
    m.start_again(8h);
    BOOST_TEST((m.clock(mark).span() == mark.span + 8h));
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_cannot_be_believed_counts_nothing) {
    for (const auto off : std::initializer_list<microseconds>{-days{20'000}, -1s, days{367}, days{26'000}}) {
        machine m;
        const auto mark = m.clock().mark();
        m.start_again(off);
        const auto clock = m.clock(mark);
        BOOST_TEST((clock.span() == mark.span));
        m.pass(1min);
        BOOST_TEST((clock.span() == mark.span + 1min));
    }
}

BOOST_AUTO_TEST_CASE(a_state_that_was_moved_to_another_machine_does_not_take_up_how_long_that_one_runs) {
    machine m;
    const auto mark = m.clock().mark();
    machine other;
    other.wall = m.wall + 1h;
    other.running = days{400};
    other.boot = std::string(32, 'b');
    BOOST_TEST((other.clock(mark).span() == mark.span + 1h));
}

BOOST_AUTO_TEST_CASE(where_nobody_tells_which_run_of_the_system_it_is_the_wall_clock_is_asked) {
    machine m;
    m.boot.clear();
    const auto mark = m.clock().mark();
    m.pass(90s);
    BOOST_TEST((m.clock(mark).span() == mark.span + 90s));
}

BOOST_AUTO_TEST_CASE(the_system_tells_its_time) {
    const daemon_clock clock;
    const auto first = clock.span();
    BOOST_TEST((clock.span() >= first));
    BOOST_TEST((system_running() > 0us));
    BOOST_TEST((system_now() > some_day - days{3'650}));
    const auto boot = system_boot();
    BOOST_TEST((boot.empty() || boot.size() == 32U), boot);
    BOOST_TEST(boot.find('-') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(clock_watch_)

BOOST_AUTO_TEST_CASE(nothing_is_said_of_a_clock_that_goes_right_or_repeats_a_second) {
    machine m;
    const auto clock = m.clock();
    clock_watch watch{clock};
    for (int i = 0; i < 1'000; ++i) {
        m.pass(5s);
        const auto news = watch.look(clock, m.wall);
        BOOST_TEST(!news.set_by);
        BOOST_TEST(!news.trail_is_ahead);
        if (i == 500) {
            m.wall -= 1s;  // a leap second
        }
    }
    BOOST_TEST(told_by(watch).empty());
    BOOST_TEST((watch.set_in_all() == 0us));
    BOOST_TEST((watch.trail_ahead() == 0us));
}

BOOST_AUTO_TEST_CASE(a_leap_forward_is_told_once_and_is_a_reason_for_an_hour) {
    machine m;
    const auto clock = m.clock();
    clock_watch watch{clock};
    m.wall += days{3};
    const auto news = watch.look(clock, some_day);
    BOOST_TEST_REQUIRE(news.set_by.has_value());
    BOOST_TEST((*news.set_by == days{3}));
    BOOST_TEST((watch.set_in_all() == days{3}));
    const std::vector<std::string> reason{
        "The clock of the system was set forward by 3 d within the last hour; spans of time are measured without it."};
    BOOST_TEST(told_by(watch) == reason, boost::test_tools::per_element());
    m.pass(59min);
    BOOST_TEST(!watch.look(clock, m.wall).set_by);
    BOOST_TEST(told_by(watch) == reason, boost::test_tools::per_element());
    m.pass(1min);
    BOOST_TEST(!watch.look(clock, m.wall).set_by);
    BOOST_TEST(told_by(watch).empty());
    BOOST_TEST((watch.set_in_all() == days{3}));
}

BOOST_AUTO_TEST_CASE(a_trail_that_is_ahead_is_told_once_and_is_a_reason_until_the_clock_has_caught_up) {
    machine m;
    const auto clock = m.clock();
    clock_watch watch{clock};
    const auto newest = m.wall + days{26'000};
    m.wall = newest;
    BOOST_TEST(watch.look(clock, newest).set_by.has_value());
    m.wall = some_day;  // set right again
    auto news = watch.look(clock, newest);
    BOOST_TEST(news.trail_is_ahead);
    BOOST_TEST((news.newest == newest));
    BOOST_TEST((watch.trail_ahead() == days{26'000}));
    const std::vector<std::string> reason{"The trail is ahead of the clock of the system: its newest record is of " +
                                          format_utc(newest) +
                                          ", and records have that time until the clock has caught up."};
    BOOST_TEST(told_by(watch) == reason, boost::test_tools::per_element());
    m.pass(2h);
    BOOST_TEST(!watch.look(clock, newest).trail_is_ahead);
    BOOST_TEST(told_by(watch) == reason, boost::test_tools::per_element());
    m.wall = newest + 1us;
    news = watch.look(clock, newest);
    BOOST_TEST(news.trail_caught_up);
    BOOST_TEST((watch.trail_ahead() == 0us));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_again_and_again_is_few_lines_and_none_of_it_is_lost) {
    machine m;
    const auto clock = m.clock();
    clock_watch watch{clock};
    microseconds told{};
    int lines = 0;
    for (int i = 0; i < 360; ++i) {  // half an hour
        m.pass(5s);
        m.wall += i % 2 == 0 ? 100s : -40s;
        if (const auto by = watch.look(clock, some_day).set_by) {
            told += *by;
            ++lines;
        }
    }
    m.pass(10min);
    told += watch.look(clock, some_day).set_by.value_or(0us);
    BOOST_TEST(lines <= 4);
    BOOST_TEST((told == 180 * 60s));
    BOOST_TEST((watch.set_in_all() == told));
}

BOOST_AUTO_TEST_CASE(what_was_set_while_the_daemon_was_away_is_told_at_the_next_look) {
    machine m;
    const auto mark = m.clock().mark();
    m.pass(1h);
    m.wall -= days{2};
    const auto clock = m.clock(mark);
    clock_watch watch{clock};
    const auto news = watch.look(clock, some_day);
    BOOST_TEST_REQUIRE(news.set_by.has_value());
    BOOST_TEST((*news.set_by == -days{2}));
    BOOST_TEST(news.trail_is_ahead);
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_is_not_believed_after_a_start_of_the_system_is_told) {
    machine m;
    const auto mark = m.clock().mark();
    m.start_again(days{26'000});
    const auto clock = m.clock(mark);
    clock_watch watch{clock};
    BOOST_TEST((watch.look(clock, some_day).set_by == std::optional<microseconds>{days{26'000}}));
}

BOOST_AUTO_TEST_CASE(lengths_are_told_in_the_largest_unit_that_fits) {
    BOOST_TEST(length_of(2s) == "2 s");
    BOOST_TEST(length_of(-119s) == "119 s");
    BOOST_TEST(length_of(2min) == "2 min");
    BOOST_TEST(length_of(-47h) == "47 h");
    BOOST_TEST(length_of(days{26'000}) == "26000 d");
}

BOOST_AUTO_TEST_SUITE_END()
