// SPDX-License-Identifier: Apache-2.0
//
// The import of a history of sessions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"
#include "tests/schema/import_fixture.hpp"

using namespace valhalla;
using namespace valhalla::schema;
using tests::old_directory;
using tests::planned;
using tests::problem_of;
using tests::put_content;

namespace {

std::string one_session(std::string_view text) {
    return "{\"sessions\":[\n" + std::string{text} + "\n]}\n";
}

constexpr std::string_view ended_session =
    R"({"active":false,"started_at_utc":"2026-11-22T09:08:43.469247Z","ended_at_utc":"2026-11-22T09:09:43.469247Z",)"
    R"("cone_band":"B","status":"green","notes":"bye","snapshot":{"cone":{"band":"B","reason":"r",)"
    R"("updated_at_utc":"2026-11-22T09:08:43Z","metrics":{"x":1.50}},"status":{"status":"green","reasons":["a"]}},)"
    R"("id":4,"operator":"ann","start_notes":"hi","end_notes":"bye","end_reason":"superseded","first_seq":9})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out{text};
    const auto at = out.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << from);
    return out.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(importing_histories)

BOOST_AUTO_TEST_CASE(a_history_keeps_ids_operators_and_reasons) {
    const old_directory dir;  // its go_session.json gives way to the history
    dir.put("sessions.json", one_session(ended_session));
    const auto plan = planned(dir.path());
    BOOST_TEST_REQUIRE(plan.sessions == 1U);
    const auto& s = plan.parts.front().sessions.front();
    BOOST_TEST(raw(s.id) == 4);
    BOOST_TEST(s.operator_name == "ann");
    BOOST_TEST((s.why_ended == end_reason::superseded));
    BOOST_TEST(s.start_notes.value() == "hi");
    BOOST_TEST(s.end_notes.value() == "bye");
    BOOST_TEST((s.snapshot_json.find("{\"x\":1.50}") != std::string::npos));
    BOOST_TEST(raw(s.first_seq) == 0);
    dir.put("sessions.json", one_session(replaced(ended_session, "\"ann\"", "null")));
    BOOST_TEST(planned(dir.path()).parts.front().sessions.front().operator_name == "importer");
    dir.put("sessions.json", "{\"sessions\":[\n]}\n");
    BOOST_TEST(planned(dir.path()).sessions == 0U);
}

BOOST_AUTO_TEST_CASE(a_history_that_contradicts_itself_is_refused) {
    const auto active =
        replaced(replaced(replaced(ended_session, "false", "true"), "\"2026-11-22T09:09:43.469247Z\"", "null"),
                 "\"superseded\"", "null");
    const auto second = replaced(active, "\"id\":4", "\"id\":5");
    const std::vector<std::tuple<std::string, std::int64_t, std::string>> table{
        {one_session(replaced(ended_session, "\"id\":4", "\"id\":0")), 2, "sessions[0].id"},
        {one_session(replaced(ended_session, "\"id\":4", "\"id\":\"4\"")), 2, "sessions[0].id"},
        {one_session(replaced(ended_session, "\"id\":4", "\"id\":9007199254740992")), 2, "sessions[0].id"},
        {one_session(replaced(ended_session, "\"id\":4", "\"id\":9223372036854775807")), 2, "sessions[0].id"},
        {one_session(replaced(ended_session, "\"ann\"", "\"\"")), 2, "sessions[0].operator"},
        {one_session(replaced(ended_session, "\"notes\":\"bye\"", "\"notes\":\"hi\"")), 2, "sessions[0].notes"},
        {one_session(replaced(ended_session, "\"superseded\"", "\"tired\"")), 2, "sessions[0].end_reason"},
        {one_session(replaced(ended_session, "\"superseded\"", "null")), 2, "sessions[0].end_reason"},
        {one_session(replaced(ended_session, "\"first_seq\":9", "\"first_seq\":[]")), 2, "sessions[0].first_seq"},
        {one_session(replaced(ended_session, ",\"first_seq\":9", "")), 2, "sessions[0].first_seq"},
        {one_session(std::string{ended_session} + ",\n" + std::string{ended_session}), 3, "sessions[1].id"},
        {one_session(active + ",\n" + second), 3, "sessions[1].active"},
        {one_session(replaced(ended_session, "\"x\"", "\"" + std::string(66'000, 'x') + "\"")), 2, "sessions[0]"},
        {"{\"sessions\":{}}", 1, "sessions"},
        {"[]", 1, ""},
    };
    for (const auto& [text, line, key] : table) {
        const tests::temporary_directory dir;
        put_content(dir.path() / "sessions.json", text);
        const auto problem = problem_of(dir.path());
        BOOST_TEST(problem.file == "sessions.json");
        BOOST_TEST(problem.line == line, problem.text());
        BOOST_TEST(problem.key == key, problem.text());
    }
}

BOOST_AUTO_TEST_CASE(ids_are_taken_up_to_the_largest_that_every_reader_keeps_exact) {
    const tests::temporary_directory dir;
    put_content(dir.path() / "sessions.json",
                one_session(replaced(ended_session, "\"id\":4", "\"id\":9007199254740991")));
    BOOST_TEST(raw(planned(dir.path()).parts.front().sessions.front().id) == 9'007'199'254'740'991);
}

BOOST_AUTO_TEST_CASE(a_long_history_is_cut_into_records_that_fit) {
    const old_directory dir;
    std::string sessions;
    constexpr int count = 2'000;
    for (int i = 1; i <= count; ++i) {
        sessions += (i > 1 ? ",\n" : "") + replaced(ended_session, "\"id\":4", "\"id\":" + std::to_string(i));
    }
    dir.put("sessions.json", one_session(sessions));
    std::string progress = "{\"progress\":{";
    for (int i = 1; i <= count; ++i) {
        progress += (i > 1 ? ",\"step" : "\"step") + std::to_string(i) + "\":{\"done\":true,\"notes\":\"" +
                    std::string(100, 'n') + "\"}";
    }
    dir.put("go_progress.json", progress + "}}");
    const auto plan = planned(dir.path());
    BOOST_TEST(plan.sessions == static_cast<std::size_t>(count));
    std::int64_t last = 0;
    std::size_t steps = 0;
    std::size_t bytes = 0;
    for (const auto& part : plan.parts) {
        std::string line;
        encode_record({audit_seq{INT64_MAX},
                       unix_micros{},
                       {"importer", actor_via::unix_socket, UINT32_MAX, UINT32_MAX},
                       session_id{INT64_MAX},
                       part},
                      line);
        BOOST_TEST(line.size() <= max_record_bytes);
        bytes += line.size();
        steps += part.progress ? part.progress->size() : 0;
        for (const auto& s : part.sessions) {
            BOOST_REQUIRE_EQUAL(raw(s.id), ++last);
        }
    }
    BOOST_TEST(last == count);
    BOOST_TEST(steps == static_cast<std::size_t>(count));
    BOOST_TEST(plan.parts.size() <= bytes / (max_record_bytes * 9 / 10) + 1);  // and into no more than it takes
}

BOOST_AUTO_TEST_SUITE_END()
