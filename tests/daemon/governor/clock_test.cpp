// SPDX-License-Identifier: Apache-2.0
//
// Spans while somebody sets the wall clock: each thing that has one, under each way in which the clock can be wrong.
#include <chrono>
#include <string>
#include <vector>

#include "daemon/governor/health.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// What the wall clock is off by, one after the other, each for some seconds.
struct wrong_clock {
    const char* name;
    std::vector<microseconds> set_by;
};

const std::vector<wrong_clock>& wrong_clocks() {
    const auto to = [](unix_micros t) { return microseconds{t - test_epoch}; };
    static const std::vector<wrong_clock> all{
        {"right", {0s}},
        {"ahead", {std::chrono::days{3}}},
        {"behind", {-std::chrono::days{3}}},
        {"set forward and right again", {std::chrono::days{26'000}, 0s}},
        {"set back and right again", {-std::chrono::days{900}, 0s}},
        {"set to and fro", {1h, -1h, std::chrono::days{400}, -std::chrono::days{400}, 5min}},
        {"1970", {to(unix_micros{})}},
        {"1970 and right again", {to(unix_micros{}), 0s}},
        {"2106", {to(unix_micros{std::chrono::seconds{1LL << 32U}}), 0s}},
        {"a leap second", {-1s}},
    };
    return all;
}

struct set_world : world {
    explicit set_world(const wrong_clock& clock) : clock_{clock} {}

    /// Goes through what is wrong with the clock, with a record under each of it, and lets `span` pass over all of it.
    void live(microseconds span) {
        const auto each = span / static_cast<std::int64_t>(clock_.set_by.size());
        for (const auto by : clock_.set_by) {
            set_by = by;
            must(commands::append_event{"X_A", "{}"}, as("root", true));
            wait(each - 2ms);
            measure({});
        }
    }

  private:
    const wrong_clock& clock_;
};

template <class Life>
void under_each_wrong_clock(const Life& life) {
    for (const auto& clock : wrong_clocks()) {
        BOOST_TEST_CONTEXT("the clock is " << clock.name) {
            set_world w{clock};
            life(w);
        }
    }
}

commands::report_health green() {
    return {"deadman", health_level::green, "fine", 60s};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_rules)

BOOST_AUTO_TEST_CASE(a_green_signal_lives_as_long_as_its_reporter_said_and_no_longer) {
    under_each_wrong_clock([](set_world& w) {
        w.must(green());
        w.live(50s);
        BOOST_TEST(w.s.health->status == health_level::green);
        w.live(11s);
        BOOST_TEST(w.s.health->status == health_level::yellow);
        BOOST_TEST(says(w.s.health->reasons, "Signal deadman was not renewed"));
    });
}

BOOST_AUTO_TEST_CASE(a_signal_that_is_reported_after_the_clock_was_wrong_lives_as_long_too) {
    under_each_wrong_clock([](set_world& w) {
        w.live(10s);
        w.must(green());
        w.wait(59s);
        w.measure({});
        BOOST_TEST(w.s.health->status == health_level::green);
        w.wait(2s);
        w.measure({});
        BOOST_TEST(w.s.health->status == health_level::yellow);
    });
}

BOOST_AUTO_TEST_CASE(a_lock_neither_falls_nor_stays) {
    under_each_wrong_clock([](set_world& w) {
        w.must(commands::lock_operator{"anna", "left", 60s}, w.as("olga", true));
        w.live(50s);
        BOOST_TEST(w.refused(commands::start_session{}).kind == refusal_kind::operator_locked);
        w.live(11s);
        w.must(commands::start_session{});
    });
}

BOOST_AUTO_TEST_CASE(a_lock_of_somebody_else_takes_none_away_that_holds_and_leaves_none_that_does_not) {
    under_each_wrong_clock([](set_world& w) {
        w.must(commands::lock_operator{"anna", "left", 60s}, w.as("olga", true));
        w.must(commands::lock_operator{"cora", "ill", std::nullopt}, w.as("olga", true));
        w.live(50s);
        w.must(commands::lock_operator{"bert", "left too", 600s}, w.as("olga", true));
        BOOST_TEST(w.refused(commands::start_session{}).kind == refusal_kind::operator_locked);
        BOOST_TEST(w.refused(commands::start_session{}, w.as("bert")).kind == refusal_kind::operator_locked);
        w.live(11s);
        w.must(commands::lock_operator{"dora", "left as well", 600s}, w.as("olga", true));
        BOOST_TEST(!w.s.locks->contains("anna"));
        BOOST_TEST(w.s.locks->size() == 3U);
        w.must(commands::start_session{});
    });
}

BOOST_AUTO_TEST_CASE(what_a_lock_does_to_the_others_can_be_rebuilt_from_the_records) {
    under_each_wrong_clock([](set_world& w) {
        w.must(commands::lock_operator{"anna", "left", 60s}, w.as("olga", true));
        w.live(50s);
        w.must(commands::lock_operator{"bert", "left too", 600s}, w.as("olga", true));
        w.live(11s);
        w.must(commands::lock_operator{"dora", "left as well", 600s}, w.as("olga", true));
        state replayed;
        for (const auto& record : w.trail) {
            evolve(replayed, record);
        }
        BOOST_TEST(same_records(replayed, w.s));
    });
}

BOOST_AUTO_TEST_CASE(a_lock_that_goes_on_over_a_leap_of_the_clock_is_recorded_by_the_daemon_with_the_rest_of_its_span) {
    world w;
    w.must(commands::lock_operator{"anna", "left", 1h}, w.as("olga", true));
    const auto end = *w.s.locks->at("anna").runs_out.at;
    w.set_by = std::chrono::days{100};
    w.wait(10min);
    w.must(commands::lock_operator{"bert", "left too", 1h}, w.as("olga", true));
    const auto& again = w.trail.at(w.trail.size() - 2);
    BOOST_TEST(again.who.name == "valhallad");
    const auto& lock = std::get<events::operator_locked>(again.what).lock;
    BOOST_TEST(lock.operator_name == "anna");
    BOOST_TEST(lock.reason == "left");
    BOOST_TEST((*lock.until == again.ts + (end - span_of(again.ts - w.set_by))));
    BOOST_TEST((*w.s.locks->at("anna").runs_out.at == end));
}

BOOST_AUTO_TEST_CASE(a_key_expires_when_it_should) {
    under_each_wrong_clock([](set_world& w) {
        w.must(commands::create_key{"3f0c9a51b2e7", std::string(64, 'a'), "ci", access_role::operator_, 60s},
               w.as("olga", true));
        const auto valid = [&w] { return w.s.keys->at("3f0c9a51b2e7").valid_at(span_of(w.now)); };
        w.live(50s);
        BOOST_TEST(valid());
        w.live(11s);
        BOOST_TEST(!valid());
    });
}

BOOST_AUTO_TEST_CASE(a_session_grows_old_at_the_pace_of_the_system) {
    under_each_wrong_clock([](set_world& w) {
        w.must(commands::start_session{});
        w.live(11h);
        BOOST_TEST(w.s.health->status == health_level::green);
        w.live(2h);
        BOOST_TEST(w.s.health->status == health_level::yellow);
        BOOST_TEST(says(w.s.health->reasons, "Session 1 of anna runs since"));
    });
}

BOOST_AUTO_TEST_CASE(records_never_go_back_and_follow_the_clock_otherwise) {
    under_each_wrong_clock([](set_world& w) {
        w.live(60s);
        for (std::size_t i = 1; i < w.trail.size(); ++i) {
            BOOST_TEST((w.trail[i - 1].ts <= w.trail[i].ts));
        }
        w.set_by = std::chrono::days{50'000};
        w.must(commands::append_event{"X_A", "{}"}, w.as("root", true));
        BOOST_TEST((w.trail.back().ts == w.now - 1ms + w.set_by));
    });
}

BOOST_AUTO_TEST_CASE(the_next_change_of_health_is_counted_in_spans) {
    world w;
    w.set_by = std::chrono::days{26'000};
    w.must(green());
    const auto begun = w.now - 1ms;
    w.set_by = 0s;
    BOOST_TEST((next_health_change(w.s, span_of(w.now)) == span_of(begun + 60s)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
