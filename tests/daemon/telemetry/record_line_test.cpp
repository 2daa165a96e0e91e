// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/record_line.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "daemon/telemetry/daemon_log.hpp"
#include "tests/schema/file_content.hpp"

using namespace valhalla;

namespace {

using valhalla::tests::content_of;

audit_entry record_of(event what) {
    return {.seq = audit_seq{17},
            .ts = {},
            .who = {.name = "alice", .via = actor_via::unix_socket, .uid = 1, .gid = 1},
            .session = session_id{3},
            .what = std::move(what)};
}

std::map<std::string, std::string> fields_of(const log_entry& line) {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : line.fields) {
        all.emplace(name, value);
    }
    return all;
}

std::set<std::string> all_in(const std::string& text, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at) {
        found.insert((*at)[1]);
    }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_line_suite)

BOOST_AUTO_TEST_CASE(a_session_s_line_names_session_operator_record_and_event) {
    events::session_ended e;
    e.id = session_id{3};
    e.operator_name = "bob";
    e.notes = "between us";
    e.reason = end_reason::superseded;
    const auto line = line_of(record_of(e));
    BOOST_TEST_REQUIRE(line.has_value());
    BOOST_TEST(line->text == "session 3 of bob is over: superseded");
    BOOST_TEST((line->id == message_ids::session_ended));
    BOOST_TEST((fields_of(*line) == std::map<std::string, std::string>{{"VALHALLA_EVENT", "GO_SESSION_END"},
                                                                       {"VALHALLA_SEQ", "17"},
                                                                       {"VALHALLA_SESSION", "3"},
                                                                       {"VALHALLA_OPERATOR", "bob"}}));
}

BOOST_AUTO_TEST_CASE(what_somebody_wrote_cannot_make_lines_of_its_own) {
    events::cone_changed e;
    e.now.in_force = band::stabilize;
    e.now.reason = "calm\ninfo signal 15: stopping\x1b[2J";
    const auto line = line_of(record_of(e));
    BOOST_TEST_REQUIRE(line.has_value());
    std::ostringstream text;
    daemon_log log{
        std::make_shared<spdlog::logger>("valhallad", std::make_shared<spdlog::sinks::ostream_sink_st>(text))};
    log.write(*line);
    log.reload_refused("policy", "a\u009bb\u202ec\u3164d 東京");
    BOOST_TEST(text.str().find("band C, set by alice: calm\\ninfo signal 15: stopping\\x1b[2J\n") != std::string::npos);
    BOOST_TEST(text.str().find("a\\u009bb\\u202ec\\u3164d 東京\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_worse_the_health_the_louder) {
    for (const auto& [status, how] : {std::pair{health_level::green, severity::info},
                                      {health_level::yellow, severity::warning},
                                      {health_level::red, severity::error}}) {
        events::health_changed e;
        e.now.status = status;
        e.now.reasons = {"one", "two"};
        const auto line = line_of(record_of(e));
        BOOST_TEST_REQUIRE(line.has_value());
        BOOST_TEST((line->how == how));
        BOOST_TEST(line->text.ends_with(": one; two"), line->text);
    }
}

BOOST_AUTO_TEST_CASE(denials_are_told_with_their_count) {
    events::access_denied e;
    e.method = "cone.set";
    e.needs = access_role::owner;
    e.has = access_role::viewer;
    BOOST_TEST(line_of(record_of(e))->text ==
               "denied: alice asked for cone.set, which takes the role owner, and has viewer");
    e.count = 12;
    BOOST_TEST(line_of(record_of(e))->text.ends_with(", 12 times"));
    e.method = "auth.key";  // is denied for nothing else
    BOOST_TEST(line_of(record_of(e))->text == "denied: alice sent a key that is not valid, 12 times");
    e.method.reset();
    BOOST_TEST(line_of(record_of(e))->text == "denied: alice has no role here, 12 times");
    e.needs.reset();
    BOOST_TEST(line_of(record_of(e))->text == "denied to users that were not told apart, 12 times");
}

BOOST_AUTO_TEST_CASE(a_key_s_line_has_neither_its_text_nor_its_hash) {
    events::key_created e;
    e.key = {.id = "0123456789ab",
             .name = "ci",
             .role = access_role::viewer,
             .hash = std::string(64, 'f'),
             .created_at = {},
             .created_by = "alice",
             .expires_at = {}};
    const auto line = line_of(record_of(e));
    BOOST_TEST_REQUIRE(line.has_value());
    BOOST_TEST(line->text == "key 0123456789ab of ci, with the role viewer, made by alice");
    for (const auto& field : line->fields) {
        BOOST_TEST(field.value.find("ffff") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_comes_by_the_thousand_has_no_line) {
    BOOST_TEST(!line_of(record_of(events::decided{make_judgement({})})).has_value());
    BOOST_TEST(!line_of(record_of(events::session_noted{})).has_value());
    BOOST_TEST(!line_of(record_of(events::step_set{})).has_value());
    BOOST_TEST(!line_of(record_of(events::foreign{})).has_value());
    BOOST_TEST(!line_of(record_of(events::imported_line{})).has_value());
}

// The ids are for ever, so no two are the same, and the catalog explains each of them and nothing else.
BOOST_AUTO_TEST_CASE(every_kind_of_line_has_an_id_of_its_own_and_an_entry_in_the_catalog) {
    const auto header = content_of(SOURCE_DIR "/daemon/telemetry/message_ids.hpp");
    const auto ids = all_in(header, std::regex{R"re(\{"([0-9a-f]{32})"\};)re"});
    const auto kinds = all_in(header, std::regex{"constexpr message_id ([a-z_]+)"});
    BOOST_TEST(ids.size() == kinds.size());
    BOOST_TEST(ids.size() > 30U);
    const auto catalog = content_of(SOURCE_DIR "/packaging/systemd/valhallad.catalog");
    BOOST_TEST((all_in(catalog, std::regex{"-- ([0-9a-f]{32})\n"}) == ids));
}

BOOST_AUTO_TEST_SUITE_END()
