// SPDX-License-Identifier: Apache-2.0
#include "schema/model/time.hpp"

#include <ctime>
#include <random>

#include <boost/test/unit_test.hpp>

using namespace valhalla;

BOOST_AUTO_TEST_SUITE(time_text)

BOOST_AUTO_TEST_CASE(known_times_are_written_with_six_digits) {
    BOOST_TEST(format_utc(micros_at(0)) == "1970-01-01T00:00:00.000000Z");
    BOOST_TEST(format_utc(micros_at(-1)) == "1969-12-31T23:59:59.999999Z");
    BOOST_TEST(format_utc(micros_at(951'782'400'000'001)) == "2000-02-29T00:00:00.000001Z");
    BOOST_TEST(format_utc(micros_at(1'795'338'523'347'626)) == "2026-11-22T09:08:43.347626Z");
}

BOOST_AUTO_TEST_CASE(years_beyond_four_digits_are_clamped) {
    BOOST_TEST(format_utc(unix_micros::max()) == "9999-12-31T23:59:59.999999Z");
    BOOST_TEST(format_utc(unix_micros::min()) == "0000-01-01T00:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(any_time_survives_the_round_trip) {
    std::mt19937_64 random{20'261'122};
    const auto first = micros_count(*parse_utc("0000-01-01T00:00:00Z"));
    const auto last = micros_count(*parse_utc("9999-12-31T23:59:59.999999Z"));
    std::uniform_int_distribution<std::int64_t> any{first, last};
    for (int i = 0; i < 20'000; ++i) {
        const auto t = micros_at(any(random));
        BOOST_REQUIRE(parse_utc(format_utc(t)) == t);
    }
    for (const auto count : {first, last, std::int64_t{0}, std::int64_t{-1}}) {
        BOOST_TEST((parse_utc(format_utc(micros_at(count))) == micros_at(count)));
    }
}

BOOST_AUTO_TEST_CASE(the_calendar_is_the_one_of_the_c_library) {
    std::mt19937_64 random{7};
    std::uniform_int_distribution<std::time_t> any{-62'000'000'000, 250'000'000'000};
    for (int i = 0; i < 5'000; ++i) {
        const auto seconds = any(random);
        std::tm parts{};
        BOOST_REQUIRE(gmtime_r(&seconds, &parts) != nullptr);
        std::array<char, 64> text{};
        BOOST_REQUIRE(std::strftime(text.data(), text.size(), "-%m-%dT%H:%M:%S", &parts) > 0);
        const auto ours = format_utc(micros_at(seconds * 1'000'000));
        BOOST_REQUIRE_EQUAL(ours.substr(4, 15), text.data());
        BOOST_REQUIRE_EQUAL(std::stoi(ours.substr(0, 4)), parts.tm_year + 1900);
    }
}

BOOST_AUTO_TEST_CASE(variants_of_iso_8601_that_other_programs_write_are_read) {
    const auto t = *parse_utc("2026-11-22T09:08:43.500000Z");
    for (const auto* const text : {"2026-11-22T09:08:43.5Z", "2026-11-22T09:08:43.50Z", "2026-11-22T09:08:43.500+00:00",
                                   "2026-11-22T09:08:43.500000+00:00"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST((parse_utc(text) == t));
        }
    }
    BOOST_TEST((parse_utc("2026-11-22T09:08:43Z") == parse_utc("2026-11-22T09:08:43.000000+00:00")));
    BOOST_TEST(parse_utc("2024-02-29T00:00:00Z").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
    for (const auto* const text : {"",
                                   "Z",
                                   "2026-11-22",
                                   "2026-11-22T09:08:43",
                                   "2026-11-22 09:08:43Z",
                                   "2026-11-22T09:08:43.Z",
                                   "2026-11-22T09:08:43.1234567Z",
                                   "2026-11-22T09:08:43+01:00",
                                   "2026-11-22T09:08:43-00:00",
                                   "2026-11-22T09:08:43ZZ",
                                   "2026-11-22t09:08:43z",
                                   "2026-13-01T00:00:00Z",
                                   "2026-00-01T00:00:00Z",
                                   "2026-02-29T00:00:00Z",
                                   "1900-02-29T00:00:00Z",
                                   "2026-04-31T00:00:00Z",
                                   "2026-11-22T24:00:00Z",
                                   "2026-11-22T23:60:00Z",
                                   "2026-11-22T23:59:60Z",
                                   "+026-11-22T09:08:43Z",
                                   "2026-1-22T09:08:43Z",
                                   "2026-11-22T09:08:4 Z",
                                   "02026-11-22T09:08:43Z",
                                   " 2026-11-22T09:08:43Z"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!parse_utc(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
