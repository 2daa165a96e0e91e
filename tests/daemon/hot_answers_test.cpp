// SPDX-License-Identifier: Apache-2.0
#include "daemon/hot_answers.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "daemon/config_limits.hpp"
#include "daemon/governor/governor.hpp"
#include "ipc/limits.hpp"

namespace commands = valhalla::governor::commands;
using valhalla::hot_answers;
using valhalla::unix_micros;
using valhalla::governor::state;

namespace {

/// A state with one active session of alice.
state with_session() {
    state s;
    static_cast<void>(execute(s, commands::create_database{"00112233445566778899aabbccddeeff"},
                              {.who = {}, .is_owner = true, .now = valhalla::micros_at(1'000'000)}));
    const auto started =
        execute(s, commands::start_session{.notes = "early", .supersede = false},
                {.who = {.name = "alice", .via = valhalla::actor_via::unix_socket, .uid = {}, .gid = {}},
                 .is_owner = false,
                 .now = valhalla::micros_at(2'000'000)});
    BOOST_TEST_REQUIRE(!started.refused());
    return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hot_answers_suite)

BOOST_AUTO_TEST_CASE(an_answer_is_rendered_once_per_change_of_its_part) {
    auto s = with_session();
    hot_answers hot{s, {}};
    const auto* const first = hot.session_status("alice").data();
    hot.publish(s, {});  // a new generation that changed no session
    BOOST_TEST(hot.session_status("alice").data() == first);

    const auto before = std::string{hot.cone()};
    static_cast<void>(execute(s, commands::set_cone{.to = valhalla::band::stabilize, .reason = "storm"},
                              {.who = {}, .is_owner = true, .now = valhalla::micros_at(3'000'000)}));
    BOOST_TEST(hot.cone() == before);  // not published yet
    hot.publish(s, {});
    BOOST_TEST(hot.cone() != before);
    BOOST_TEST(boost::json::parse(hot.cone()).at("band").as_string() == "C");
    BOOST_TEST(boost::json::parse(hot.health()).at("status").as_string() == "yellow");
}

BOOST_AUTO_TEST_CASE(an_operator_without_a_session_gets_nulls) {
    hot_answers hot{with_session(), {}};
    const auto none = boost::json::parse(hot.session_status("bob")).as_object();
    BOOST_TEST(none.at("active").as_bool() == false);
    for (const auto& [key, value] : none) {
        BOOST_TEST((key == "active" || value.is_null()), key);
    }
    BOOST_TEST(boost::json::parse(hot.session_status("alice")).at("notes").as_string() == "early");
}

BOOST_AUTO_TEST_CASE(the_summary_has_its_five_parts_from_one_state) {
    hot_answers hot{with_session(), {}};
    const auto summary = boost::json::parse(hot.summary("alice")).as_object();
    BOOST_TEST(summary.size() == 5U);
    BOOST_TEST(summary.at("session").at("active").as_bool());
    BOOST_TEST(summary.at("cone").at("band").as_string() == "B");
    BOOST_TEST(summary.at("health").at("cone") == summary.at("cone"));
    BOOST_TEST(summary.at("checklist").at("status") == summary.at("health").at("status"));
    BOOST_TEST(summary.at("next").at("cone_band").as_string() == "B");
}

BOOST_AUTO_TEST_CASE(what_is_kept_of_sessions_is_bounded_by_its_bytes) {
    state s;
    static_cast<void>(execute(s, commands::create_database{"00112233445566778899aabbccddeeff"},
                              {.who = {}, .is_owner = true, .now = valhalla::micros_at(1'000'000)}));
    constexpr std::size_t notes = 16'000;
    constexpr std::size_t operators = 3 * hot_answers::max_kept_session_bytes / notes;
    for (std::size_t n = 0; n < operators; ++n) {
        const auto done =
            execute(s, commands::start_session{.notes = std::string(notes, 'n'), .supersede = false},
                    {.who = {.name = std::to_string(n), .via = valhalla::actor_via::unix_socket, .uid = {}, .gid = {}},
                     .is_owner = false,
                     .now = valhalla::micros_at(2'000'000)});
        BOOST_TEST_REQUIRE(!done.refused());
    }
    hot_answers hot{s, {}};
    for (std::size_t n = 0; n < operators; ++n) {
        BOOST_TEST_REQUIRE(hot.session_status(std::to_string(n)).size() > notes);
        BOOST_TEST_REQUIRE(hot.kept_session_bytes() < hot_answers::max_kept_session_bytes + 4 * notes);
    }
    BOOST_TEST(hot.kept_session_bytes() > 0U);
}

BOOST_AUTO_TEST_CASE(the_largest_health_fits_between_the_smallest_limits) {
    state s;
    const valhalla::governor::context owner{
        .who = {.name = std::string(256, '\1'), .via = valhalla::actor_via::unix_socket, .uid = {}, .gid = {}},
        .is_owner = true,
        .now = valhalla::micros_at(1'000'000)};
    static_cast<void>(execute(s, commands::create_database{"00112233445566778899aabbccddeeff"}, owner));
    for (std::size_t n = 0; n < valhalla::governor::max_health_signals; ++n) {
        auto source = std::to_string(n) + std::string(valhalla::ipc::max_source_bytes, '\1');
        source.resize(valhalla::ipc::max_source_bytes);
        BOOST_TEST_REQUIRE(
            !execute(s,
                     commands::report_health{source, valhalla::health_level::red,
                                             std::string(valhalla::ipc::max_message_bytes, '\1'), std::nullopt},
                     owner)
                 .refused());
    }
    const auto notes = std::string(valhalla::ipc::max_notes_bytes / 2, '\1');
    BOOST_TEST(!execute(s, commands::start_session{.notes = notes, .supersede = false}, owner).refused());
    hot_answers hot{s, {}};
    BOOST_TEST(hot.health().size() > std::size_t{2} << 20U);
    BOOST_TEST(hot.summary(owner.who.name).size() < valhalla::largest_answer_bytes);
}

BOOST_AUTO_TEST_SUITE_END()
