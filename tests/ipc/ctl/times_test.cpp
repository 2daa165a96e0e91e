// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/times.hpp"

#include <boost/test/unit_test.hpp>

#include "ipc/ctl/fault.hpp"

BOOST_AUTO_TEST_SUITE(ctl_times)

using namespace valhalla::ctl;

constexpr micros minute = 60'000'000;

BOOST_AUTO_TEST_CASE(wire_times_survive_the_round_trip) {
    for (const auto* text :
         {"2026-11-22T09:08:43.517614Z", "1970-01-01T00:00:00.000000Z", "2028-02-29T23:59:59.999999Z"}) {
        BOOST_TEST(wire_time(micros_of(text).value()) == text);
    }
}

BOOST_AUTO_TEST_CASE(times_are_shown_to_the_second) {
    BOOST_TEST(shown_time("2026-11-22T09:08:43.517614Z") == "2026-11-22 09:08:43");
    BOOST_TEST(shown_time("no time") == "no time");
}

BOOST_AUTO_TEST_CASE(spans_have_two_units) {
    BOOST_TEST(shown_span(42'900'000) == "42s");
    BOOST_TEST(shown_span(12 * minute + 1) == "12m");
    BOOST_TEST(shown_span(192 * minute) == "3h 12m");
    BOOST_TEST(shown_span(52 * (60 * minute)) == "2d 4h");
    BOOST_TEST(shown_span(-5) == "0s");
}

BOOST_AUTO_TEST_CASE(typed_spans_become_seconds) {
    BOOST_TEST(parse_span("45").value() == 45);
    BOOST_TEST(parse_span("30s").value() == 30);
    BOOST_TEST(parse_span("15m").value() == 900);
    BOOST_TEST(parse_span("3h").value() == 10'800);
    BOOST_TEST(parse_span("2d").value() == 172'800);
    for (const auto* wrong : {"", "h", "-3h", "0", "3 h", "3w", "3h12m", "1e3", "99999999999999999999", "40000000d"}) {
        BOOST_TEST(!parse_span(wrong), wrong);
    }
}

BOOST_AUTO_TEST_CASE(typed_times_become_wire_times) {
    const auto now = micros_of("2026-11-22T12:00:00Z").value();
    BOOST_TEST(time_of_user("2026-11-22", now) == "2026-11-22T00:00:00.000000Z");
    BOOST_TEST(time_of_user("2026-11-22 09:08", now) == "2026-11-22T09:08:00.000000Z");
    BOOST_TEST(time_of_user("2026-11-22T09:08:43", now) == "2026-11-22T09:08:43.000000Z");
    BOOST_TEST(time_of_user("2026-11-22T09:08:43.5Z", now) == "2026-11-22T09:08:43.500000Z");
    BOOST_TEST(time_of_user("3h", now) == "2026-11-22T09:00:00.000000Z");
    for (const auto* wrong : {"", "yesterday", "2026-02-30", "2026-11-22T25:00", "22.11.2026", "12", "2026-11-22T09"}) {
        BOOST_CHECK_THROW(time_of_user(wrong, now), fault);
    }
}

BOOST_AUTO_TEST_SUITE_END()
