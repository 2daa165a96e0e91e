// SPDX-License-Identifier: Apache-2.0
//
// Times, names, characters: the small things that travel as text.
#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

#include "ipc/errors.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/nearest.hpp"
#include "ipc/wire_time.hpp"

using namespace valhalla::ipc;
using std::chrono::microseconds;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(times_are_read_to_the_microsecond) {
    BOOST_TEST((parse_wire_time("1970-01-01T00:00:01Z") == wire_time{microseconds{1'000'000}}));
    BOOST_TEST((parse_wire_time("2026-11-22T09:08:43.347626Z") == wire_time{microseconds{1'795'338'523'347'626}}));
    BOOST_TEST((parse_wire_time("2026-11-22T09:08:43.3+00:00") == wire_time{microseconds{1'795'338'523'300'000}}));
    BOOST_TEST((parse_wire_time("2024-02-29T23:59:59Z").has_value()));
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
    for (const std::string_view text :
         {"", "yesterday", "2026-11-22", "2026-11-22T09:08:43", "2026-11-22 09:08:43Z", "2026-13-01T00:00:00Z",
          "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T00:60:00Z", "2026-11-22T00:00:60Z",
          "2026-11-22T00:00:00.Z", "2026-11-22T00:00:00.1234567Z", "2026-11-22T00:00:00+01:00", "2026-11-22T00:00:00z",
          "2026-11-22T00:00:00ZZ", "+026-11-22T00:00:00Z", "2026-1-22T00:00:00Z", " 2026-11-22T00:00:00Z"}) {
        BOOST_TEST(!parse_wire_time(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(the_nearest_name_is_the_one_that_was_meant) {
    constexpr std::array<std::string_view, 4> known{"session.start", "session.status", "session.end", "cone.set"};
    BOOST_TEST(nearest_name("session.stat", known) == "session.start");
    BOOST_TEST(nearest_name("sesion.end", known) == "session.end");
    BOOST_TEST(nearest_name("cone_set", known) == "cone.set");
    BOOST_TEST(nearest_name("xyzzy", known).empty());
    BOOST_TEST(nearest_name("", known).empty());
    BOOST_TEST(nearest_name(std::string(100'000, 'x'), known).empty());
}

BOOST_AUTO_TEST_CASE(excerpts_are_cut_at_a_character) {
    BOOST_TEST(excerpt("short", 10) == "short");
    BOOST_TEST(excerpt("ääää", 5) == "ää…");
    BOOST_TEST(excerpt("a\nb\x7f", 10) == "a?b?");
}

BOOST_AUTO_TEST_CASE(an_error_has_its_code_and_kind) {
    rpc_error error{error_code::step_blocked, "say \"no\"", {}};
    append_text_member(error.data_members, "key", "step_id");
    append_text_member(error.data_members, "more", "x");
    std::string out;
    append_error(out, error);
    BOOST_TEST(out ==
               R"({"code":1401,"message":"say \"no\"","data":{"kind":"step_blocked","key":"step_id","more":"x"}})");
}

BOOST_AUTO_TEST_SUITE_END()
