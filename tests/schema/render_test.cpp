// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "schema/model/actor.hpp"
#include "schema/model/health.hpp"
#include "schema/model/json_value.hpp"
#include "schema/model/session.hpp"

using namespace valhalla;

namespace {

template <class Write>
std::string written(Write write) {
    std::string out;
    json_writer json{out};
    write(json);
    return out;
}

session sample() {
    session s;
    s.id = session_id{7};
    s.operator_name = "ann";
    s.active = true;
    s.started_at = micros_at(0);
    s.cone_band = band::caution;
    s.status = health_level::green;
    s.snapshot_json = R"({"cone":{},"status":{}})";
    s.start_notes = "hello";
    s.first_seq = audit_seq{11};
    return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rendering)

BOOST_AUTO_TEST_CASE(an_active_session_shows_its_start_notes) {
    BOOST_TEST(written([](auto& json) { write_session(json, sample()); }) ==
               R"({"active":true,"started_at_utc":"1970-01-01T00:00:00.000000Z","ended_at_utc":null,"cone_band":"B",)"
               R"("status":"green","notes":"hello","snapshot":{"cone":{},"status":{}},"id":7,"operator":"ann",)"
               R"("start_notes":"hello","end_notes":null,"end_reason":null,"first_seq":11})");
}

BOOST_AUTO_TEST_CASE(an_ended_session_shows_its_end_notes) {
    auto s = sample();
    s.active = false;
    s.ended_at = micros_at(1);
    s.end_notes = "";
    s.why_ended = end_reason::superseded;
    const auto text = written([&](auto& json) { write_session(json, s); });
    json_document document;
    BOOST_REQUIRE(!document.parse(text));
    BOOST_TEST(document.root().find("notes")->raw() == "\"\"");
    BOOST_TEST(document.root().find("end_reason")->string() == "superseded");
    BOOST_TEST(document.root().find("start_notes")->string() == "hello");
}

BOOST_AUTO_TEST_CASE(no_session_has_the_same_members_as_a_session) {
    const auto some_text = written([](auto& json) { write_session(json, sample()); });
    const auto none_text = written([](auto& json) { write_no_session(json); });
    json_document some;
    json_document none;
    BOOST_REQUIRE(!some.parse(some_text));
    BOOST_REQUIRE(!none.parse(none_text));
    auto expected = some.root().begin();
    for (const auto member : none.root()) {
        BOOST_REQUIRE(expected != some.root().end());
        BOOST_TEST(member.key() == (*expected).key());
        BOOST_TEST(member.raw() == (member.key() == "active" ? "false" : "null"));
        ++expected;
    }
    BOOST_TEST((expected == some.root().end()));
}

BOOST_AUTO_TEST_CASE(an_actor_has_ids_where_the_kernel_told_them) {
    BOOST_TEST(written([](auto& json) { write_actor(json, {"key", actor_via::http, {}, {}}); }) ==
               R"({"name":"key","via":"http"})");
    BOOST_TEST(written([](auto& json) { write_actor(json, {"ann", actor_via::unix_socket, 0, 5}); }) ==
               R"({"name":"ann","via":"unix","uid":0,"gid":5})");
}

BOOST_AUTO_TEST_CASE(a_signal_without_time_to_live_does_not_expire) {
    BOOST_TEST(written([](auto& json) {
                   write_signal(json, {"disk", health_level::yellow, "90 % full", micros_at(0), {}, "ann"});
               }) == R"({"source":"disk","level":"yellow","message":"90 % full",)"
                     R"("reported_at_utc":"1970-01-01T00:00:00.000000Z","expires_at_utc":null,"reporter":"ann"})");
}

BOOST_AUTO_TEST_CASE(words_are_read_back_as_written) {
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST((parse_band(band_letter(static_cast<band>(i))) == static_cast<band>(i)));
        BOOST_TEST((parse_end_reason(to_text(static_cast<end_reason>(i))) == static_cast<end_reason>(i)));
        BOOST_TEST(!band_name(static_cast<band>(i)).empty());
    }
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST((parse_health_level(to_text(static_cast<health_level>(i))) == static_cast<health_level>(i)));
    }
    BOOST_TEST(!parse_band("E").has_value());
    BOOST_TEST(!parse_band("a").has_value());
    BOOST_TEST(!parse_band("").has_value());
    BOOST_TEST(!parse_health_level("Green").has_value());
    BOOST_TEST(!parse_end_reason("").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
