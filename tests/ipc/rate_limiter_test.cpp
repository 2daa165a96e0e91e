// SPDX-License-Identifier: Apache-2.0
#include "ipc/rate_limiter.hpp"

#include <boost/test/unit_test.hpp>

using namespace valhalla::ipc;
using namespace std::chrono_literals;

namespace {

constexpr call_rate ten_a_minute{.calls = 10, .period = 60s};
const rate_limiter::clock::time_point start{};

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limits)

BOOST_AUTO_TEST_CASE(a_rate_is_a_number_and_a_period) {
    BOOST_CHECK(parse_rate("10/min") == ten_a_minute);
    BOOST_CHECK((parse_rate("5/s") == call_rate{.calls = 5, .period = 1s}));
    BOOST_CHECK((parse_rate("1000000/h") == call_rate{.calls = 1'000'000, .period = 3'600s}));
    for (const char* wrong :
         {"", "10", "/min", "0/min", "-1/min", "10/day", "10 / min", "1.5/s", "1000001/s", "10/min "}) {
        BOOST_TEST(!parse_rate(wrong).has_value(), wrong);
    }
    BOOST_TEST(rate_words(ten_a_minute) == "10 times a minute");
    BOOST_TEST(rate_words({.calls = 1, .period = 1s}) == "1 time a second");
}

BOOST_AUTO_TEST_CASE(all_calls_may_come_at_once_then_they_are_told_when) {
    rate_limiter limiter;
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(limiter.take(7, ten_a_minute, start).count() == 0);
    }
    BOOST_TEST(limiter.take(7, ten_a_minute, start).count() == 6'000);
    BOOST_TEST(limiter.take(7, ten_a_minute, start + 4s).count() == 2'000);
    BOOST_TEST(limiter.take(7, ten_a_minute, start + 6s).count() == 0);
    BOOST_TEST(limiter.take(7, ten_a_minute, start + 6s).count() == 6'000);
    BOOST_TEST(limiter.take(7, ten_a_minute, start + 1h).count() == 0);
}

BOOST_AUTO_TEST_CASE(several_calls_are_taken_together_or_not_at_all) {
    rate_limiter limiter;
    BOOST_TEST(limiter.take(7, ten_a_minute, start, 8).count() == 0);
    BOOST_TEST(limiter.take(7, ten_a_minute, start, 3).count() == 6'000);
    BOOST_TEST(limiter.take(7, ten_a_minute, start, 2).count() == 0);
    BOOST_TEST(limiter.take(7, ten_a_minute, start + 18s, 3).count() == 0);
}

BOOST_AUTO_TEST_CASE(users_and_methods_do_not_share) {
    rate_limiter limiter;
    const call_rate once{.calls = 1, .period = 60s};
    const call_rate other{.calls = 1, .period = 60s};
    BOOST_TEST(limiter.take(7, once, start).count() == 0);
    BOOST_TEST(limiter.take(8, once, start).count() == 0);
    BOOST_TEST(limiter.take(7, other, start).count() == 0);
    BOOST_TEST(limiter.take(7, once, start).count() > 0);
}

BOOST_AUTO_TEST_CASE(buckets_that_are_full_again_are_dropped) {
    rate_limiter limiter;
    for (std::uint32_t uid = 0; uid < 3 * rate_limiter::max_buckets; ++uid) {
        BOOST_TEST(limiter.take(uid, ten_a_minute, start + std::chrono::minutes{uid}).count() == 0);
        BOOST_TEST(limiter.buckets() <= rate_limiter::max_buckets);
    }
}

BOOST_AUTO_TEST_SUITE_END()
