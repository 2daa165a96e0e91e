// SPDX-License-Identifier: Apache-2.0
#include "schema/import.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "schema/proof/merkle_tree.hpp"
#include "tests/as_nobody.hpp"
#include "tests/not_tested.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/import_fixture.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;
using namespace valhalla::schema;
using namespace std::string_literals;
using tests::content_of;
using tests::lines_of;
using tests::old_directory;
using tests::planned;
using tests::problem_of;
using tests::put_content;
using tests::read_import;
using tests::seed;

namespace {

/// A change to one file, and what must be said about it.
struct spoiled {
    std::string file;
    std::string from;
    std::string to;
    std::int64_t line;
    std::string key;
    std::string message;  // a part of it
};

const std::vector<spoiled>& spoiled_documents() {
    static const std::vector<spoiled> all{
        {"cone_state.json", "\"B\"", "\"E\"", 2, "band", "\"E\" is not a band"},
        {"cone_state.json", "\"B\"", "\"b\"", 2, "band", "is not a band"},
        {"cone_state.json", "\"B\"", "1", 2, "band", "must be a string, not a number"},
        {"cone_state.json", "\"reason\"", "\"reasn\"", 3, "reasn", "\"reason\" is"},
        {"cone_state.json", "  \"reason\": \"review\",\n", "", 1, "reason", "is missing"},
        {"cone_state.json", "\"review\"", "null", 3, "reason", "must be a string"},
        {"cone_state.json", "\"review\"", "\"a\\u0000\"", 3, "reason", "NUL"},
        {"cone_state.json", "\"review\"", "\"\xff\"", 3, "reason", "UTF-8"},
        {"cone_state.json", "43.517614Z", "43.517614", 4, "updated_at_utc", "must be a UTC time"},
        {"cone_state.json", "43.517614Z", "43.517614+02:00", 4, "updated_at_utc", "must be a UTC time"},
        {"cone_state.json", "2026-11-22", "2026-11-31", 4, "updated_at_utc", "must be a UTC time"},
        {"cone_state.json", "{}", "[]", 5, "metrics", "must be an object, not an array"},
        {"cone_state.json", "{}", "{\"a\":1,\"a\":1}", 5, "metrics.a", "twice"},
        {"cone_state.json", "{}", "{\"a\":" + std::string(14, '[') + std::string(14, ']') + "}", 5,
         "metrics.a[0][0][0][0][0][0][0][0][0][0][0][0][0]", "deeply"},
        {"cone_state.json", "\n}", "\n}}", 6, "", "after its end"},
        {"cone_state.json", "\n}", "\n", 6, "", "in the middle"},
        {"cone_state.json", "{\n", "\xEF\xBB\xBF{\n", 1, "", "byte order mark"},
        {"cone_state.json", "  \"band\"", "  \"band\": \"B\",\n  \"band\"", 3, "band", "twice"},

        {"thresholds.json", "  \"deny_rate_red\": 0.35,\n", "", 1, "deny_rate_red", "is missing"},
        {"thresholds.json", "0.35", "1.01", 5, "deny_rate_red", "from 0 to 1"},
        {"thresholds.json", "0.35", "\"0.35\"", 5, "deny_rate_red", "must be a number"},
        {"thresholds.json", "0.35", "1e999", 5, "deny_rate_red", "must be a number"},
        {"thresholds.json", "0.35", "0.2", 1, "", "deny_rate_red must not be smaller"},
        {"thresholds.json", "20", "20.0", 6, "min_decisions_for_drift", "whole number"},
        {"thresholds.json", "20", "-1", 6, "min_decisions_for_drift", "from 0 to 1000000"},
        {"thresholds.json", "20", "99999999999999999999", 6, "min_decisions_for_drift", "whole number"},
        {"thresholds.json", "\"deny_rate_red\"", "\"wal_yellow_mib\"", 5, "wal_yellow_mib", "is not known here"},

        {"go_progress.json", "\"progress\"", "\"progres\"", 2, "progres", "\"progress\" is"},
        {"go_progress.json", "true", "1", 4, "progress.start_one_boring_engine.done", "must be a boolean"},
        {"go_progress.json", "\"ok\"", "7", 5, "progress.start_one_boring_engine.notes", "must be a string"},
        {"go_progress.json", ",\n      \"notes\": null", "", 7, "progress.confirm_boring_sop.notes", "is missing"},
        {"go_progress.json", "\"confirm_boring_sop\"", "\"\"", 7, "progress.", "must not be empty"},
        {"go_progress.json", "confirm_boring_sop", "start_one_boring_engine", 7, "progress.start_one_boring_engine",
         "twice"},
        {"go_progress.json", "null", "null,\n\"by\": 1", 10, "progress.confirm_boring_sop.by", "is not known here"},

        {"go_session.json", "\"session\"", "\"sessions\"", 2, "sessions", "\"session\" is"},
        {"go_session.json", "false", "\"no\"", 3, "session.active", "must be a boolean"},
        {"go_session.json", "false", "true", 5, "session.ended_at_utc", "must be null in an active session"},
        {"go_session.json", "\"2026-11-22T09:08:43.550821Z\"", "null", 5, "session.ended_at_utc", "must not be null"},
        {"go_session.json", "\"2026-11-22T09:08:43.469247Z\"", "null", 6, "session.cone_band", "must be null"},
        {"go_session.json", "\"cone_band\": \"B\"", "\"cone_band\": \"C\"", 6, "session.cone_band", "differs"},
        {"go_session.json", "\"status\": \"green\"", "\"status\": \"red\"", 7, "session.status", "differs"},
        {"go_session.json", "\"status\": \"green\"", "\"status\": \"blue\"", 7, "session.status", "is not a status"},
        {"go_session.json", "\"notes\": \"\",\n", "", 2, "session.notes", "is missing"},
        {"go_session.json", "\"band\": \"B\"", "\"band\": \"Z\"", 11, "session.snapshot.cone.band", "is not a band"},
        {"go_session.json", "\"reasons\": []", "\"reasons\": [3]", 18, "session.snapshot.status.reasons[0]",
         "must be a string"},
        {"go_session.json", "\"metrics\": {}", "\"metrics\": null", 14, "session.snapshot.cone.metrics",
         "must be an object"},
        {"go_session.json", "\"reasons\": []", "\"reason\": []", 18, "session.snapshot.status.reason",
         "\"reasons\" is"},

        {"audit.log", "\"payload\"", "\"paylod\"", 1, "paylod", "\"payload\" is"},
        {"audit.log", "\"event\": \"CONE_SET\", ", "", 1, "event", "is missing"},
        {"audit.log", "\"CONE_SET\"", "\"\"", 1, "event", "must not be empty"},
        {"audit.log", "\"CONE_SET\"", "\"" + std::string(257, 'X') + "\"", 1, "event", "longer than 256"},
        {"audit.log", "\"CONE_SET\"", "null", 1, "event", "must be a string"},
        {"audit.log", "43.352367Z", "43.3523670Z", 2, "ts_utc", "must be a UTC time"},
        {"audit.log", "\"notes\": \"Work complete\"", "\"notes\": \"\xc3\"", 3, "payload.notes", "UTF-8"},
        {"audit.log", "\"notes\": \"Work complete\"", "\"notes\": \"\\ud800\"", 3, "payload.notes", "surrogate"},
        {"audit.log", "}}\n", "}\n", 1, "", "in the middle"},
        {"audit.log", "}}\n", "}} {}\n", 1, "", "after its end"},
        {"audit.log", "}}\n", "}}\n\n", 2, "", "empty"},
        {"audit.log", "{\"ts_utc\"", "[]\n{\"ts_utc\"", 1, "", "must be an object"},
        {"audit.log", "\"payload\": {", "\"payload\": 1, \"x\": {", 1, "x", "is not known here"},
        {"audit.log", "{\"band\": \"A\", \"reason\": \"review\", \"metrics\": {}}", "[]", 1, "payload",
         "must be an object"},
        {"audit.log", "\"event\"", "\"seq\": 1, \"event\"", 1, "seq", "is not known here"},
        {"audit.log", "\"event\"", "\"v\": 1, \"event\"", 1, "seq", "is missing"},
        {"audit.log", "\"event\"", "\"v\": 2, \"event\"", 1, "v", "is a version"},
        {"audit.log", "Work complete", std::string(65'400, 'x'), 3, "", "does not fit an audit record"},
    };
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(importing)

BOOST_AUTO_TEST_CASE(the_old_programs_files_are_read_to_the_microsecond) {
    const auto plan = planned(seed);
    BOOST_TEST(plan.files.size() == 5U);
    BOOST_TEST(plan.sessions == 1U);
    BOOST_TEST_REQUIRE(plan.parts.size() == 1U);
    const auto& state = plan.parts.front();
    BOOST_TEST(state.source == "seed-data");
    BOOST_TEST((state.imported_cone == cone{band::caution, "review", *parse_utc("2026-11-22T09:08:43.517614Z"), "{}"}));
    BOOST_TEST((state.imported_thresholds == thresholds{}));
    BOOST_TEST_REQUIRE(state.progress.has_value());
    BOOST_TEST((state.progress->at("start_one_boring_engine") ==
                step_progress{true, "ok", "importer", std::nullopt, std::nullopt}));
    BOOST_TEST((state.progress->at("confirm_boring_sop") ==
                step_progress{true, std::nullopt, "importer", std::nullopt, std::nullopt}));
    BOOST_TEST_REQUIRE(state.sessions.size() == 1U);
    const auto& s = state.sessions.front();
    BOOST_TEST(raw(s.id) == 1);
    BOOST_TEST(s.operator_name == "importer");
    BOOST_TEST(!s.active);
    BOOST_TEST((s.started_at == parse_utc("2026-11-22T09:08:43.469247Z")));
    BOOST_TEST((s.ended_at == parse_utc("2026-11-22T09:08:43.550821Z")));
    BOOST_TEST((s.why_ended == end_reason::imported));
    BOOST_TEST(s.notes().value() == "");
    BOOST_TEST(s.snapshot_json ==
               R"({"cone":{"band":"B","reason":"review","updated_at_utc":"2026-11-22T09:08:43.438783Z","metrics":{}},)"
               R"("status":{"status":"green","reasons":[]}})");

    const auto log = content_of(seed / "audit.log");
    const auto lines = lines_of(plan);
    BOOST_TEST_REQUIRE(lines.size() == static_cast<std::size_t>(std::ranges::count(log, '\n')));
    const auto& third = lines[2];
    BOOST_TEST(third.name == "GO_SESSION_END");
    BOOST_TEST(third.line == 3);
    BOOST_TEST(third.original_ts_text == "2026-11-22T09:08:43.355946Z");
    BOOST_TEST((third.original_ts == parse_utc("2026-11-22T09:08:43.355946Z")));
    BOOST_TEST(third.payload_json == R"({"ended_at_utc":"2026-11-22T09:08:43.355657Z","notes":"Work complete"})");
    BOOST_TEST(third.original_json == "{}");
}

BOOST_AUTO_TEST_CASE(whatever_is_malformed_is_named_by_file_line_and_key) {
    for (const auto& bad : spoiled_documents()) {
        BOOST_TEST_CONTEXT(bad.file << ": " << bad.from << " -> " << bad.to.substr(0, 100)) {
            const old_directory dir;
            dir.replace(bad.file, bad.from, bad.to);
            const auto problem = problem_of(dir.path());
            BOOST_TEST(problem.file == bad.file);
            BOOST_TEST(problem.line == bad.line);
            BOOST_TEST(problem.key == bad.key);
            BOOST_TEST((problem.message.find(bad.message) != std::string::npos), problem.message);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_refused_even_where_it_parses) {
    const old_directory dir;
    const auto log = dir.content("audit.log");
    const auto lines = std::ranges::count(log, '\n');
    for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{40}}) {
        dir.put("audit.log", log.substr(0, log.size() - cut));
        const auto problem = problem_of(dir.path());
        BOOST_TEST(problem.file == "audit.log");
        BOOST_TEST(problem.line == lines);
        BOOST_TEST((problem.message.find("torn") != std::string::npos), problem.message);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused) {
    for (const std::string file : {"go_session.json", "audit.log", "thresholds.json"}) {
        const old_directory dir;
        const auto path = dir.path() / file;
        const auto refused_with = [&](std::string_view part) {
            const auto problem = problem_of(dir.path());
            BOOST_TEST(problem.file == file);
            BOOST_TEST((problem.message.find(part) != std::string::npos), problem.message);
            std::filesystem::remove_all(path);
        };
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
        refused_with("is a directory");
        std::filesystem::create_symlink(seed / file, path);
        refused_with("is a symbolic link");
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        refused_with("is not a regular file");
        put_content(path, "");
        refused_with("is empty");
        put_content(path, "");
        std::filesystem::resize_file(path, std::uintmax_t{2} << 30U);  // sparse
        refused_with("is larger than");
    }
}

BOOST_AUTO_TEST_CASE(documents_are_bounded_together_and_the_refusal_names_the_limit) {
    const old_directory dir;
    std::size_t all = 0;
    for (const auto* const name : {"cone_state.json", "thresholds.json", "go_progress.json", "go_session.json"}) {
        all += dir.content(name).size();
    }
    BOOST_TEST(std::holds_alternative<import_plan>(read_import(dir.path(), "importer", all)));
    const auto refused = read_import(dir.path(), "importer", all - 1);
    BOOST_TEST_REQUIRE(std::holds_alternative<import_problem>(refused));
    BOOST_TEST(std::get<import_problem>(refused).file == "go_session.json");
    BOOST_TEST((std::get<import_problem>(refused).message.find("limits.import_documents_bytes") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_log_is_read_in_pieces_whose_edges_nobody_sees) {
    const tests::temporary_directory dir;
    std::string log;
    std::size_t count = 0;
    while (log.size() < 5 * limits::import_piece_bytes) {
        log += R"({"ts_utc":"2026-11-22T09:08:43Z","event":"OLD","payload":{"pad":")" + std::string(count % 997, 'p') +
               "\"}}\n";
        ++count;
    }
    put_content(dir.path() / "audit.log", log);
    const auto plan = planned(dir.path());
    BOOST_TEST(plan.lines == count);
    const auto lines = lines_of(plan);
    BOOST_TEST_REQUIRE(lines.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST_REQUIRE(lines[i].line == static_cast<std::int64_t>(i) + 1);
        BOOST_TEST_REQUIRE(lines[i].payload_json == "{\"pad\":\"" + std::string(i % 997, 'p') + "\"}");
    }
}

BOOST_AUTO_TEST_CASE(a_line_without_an_end_is_refused_before_it_is_all_in_memory) {
    const tests::temporary_directory dir;
    const auto file = dir.path() / "audit.log";
    put_content(file, R"({"ts_utc":"2026-11-22T09:08:43Z","event":"OLD","payload":{}})"
                      "\n");
    std::filesystem::resize_file(file, limits::import_log_bytes);  // sparse
    const auto problem = problem_of(dir.path());
    BOOST_TEST(problem.line == 2);
    BOOST_TEST((problem.message.find("does not fit an audit record") != std::string::npos), problem.message);
}

BOOST_AUTO_TEST_CASE(a_file_without_permission_is_refused) {
    if (!tests::can_be_nobody()) {
        return tests::not_tested("root reads everything and cannot be another user");
    }
    for (const std::string file : {"go_session.json", "audit.log", "thresholds.json"}) {
        using std::filesystem::perms;
        const old_directory dir;
        std::filesystem::permissions(dir.path(), perms{0755});
        for (const auto& entry : std::filesystem::directory_iterator{dir.path()}) {
            std::filesystem::permissions(entry.path(), entry.path().filename() == file ? perms::none : perms{0644});
        }
        const int status = tests::as_nobody([&] {
            const auto problem = problem_of(dir.path());
            return problem.file == file && problem.message.find("cannot be read") != std::string::npos ? 0 : 1;
        });
        BOOST_TEST(status == 0);
    }
}

BOOST_AUTO_TEST_CASE(files_may_be_missing_but_not_all) {
    const tests::temporary_directory dir;
    put_content(dir.path() / "unrelated.json", "not JSON");
    auto problem = problem_of(dir.path());
    BOOST_TEST(problem.file == "");
    BOOST_TEST((problem.message.find("none of the files") != std::string::npos));
    for (const auto* const name : {"cone_state.json", "audit.log", "go_progress.json"}) {
        std::filesystem::copy_file(seed / name, dir.path() / name);
        BOOST_TEST(planned(dir.path()).files == std::vector<std::string>{name}, boost::test_tools::per_element());
        std::filesystem::remove(dir.path() / name);
    }
    problem = problem_of(dir.path() / "nowhere");
    BOOST_TEST((problem.message.find("No such file") != std::string::npos));
    problem = problem_of(dir.path() / "unrelated.json");
    BOOST_TEST((problem.message.find("Not a directory") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(absent_parts_stay_absent) {
    const tests::temporary_directory dir;
    std::filesystem::copy_file(seed / "audit.log", dir.path() / "audit.log");
    const auto plan = planned(dir.path());
    BOOST_TEST(plan.parts.empty());
    BOOST_TEST(plan.lines > 0U);
}

BOOST_AUTO_TEST_CASE(the_states_that_the_old_program_could_be_in_are_accepted) {
    const tests::temporary_directory dir;
    const auto file = dir.path() / "go_session.json";
    const auto with = [&](std::string_view started, std::string_view ended, std::string_view notes) {
        return R"({"session":{"active":false,"started_at_utc":)" + std::string{started} + R"(,"ended_at_utc":)" +
               std::string{ended} + R"(,"cone_band":null,"status":null,"notes":)" + std::string{notes} +
               R"(,"snapshot":null}})";
    };
    put_content(file, with("null", "null", "null"));
    BOOST_TEST(planned(dir.path()).parts.empty());
    // Ended without ever having been started.
    put_content(file, with("null", "\"2026-11-22T09:08:43+00:00\"", "\"Work complete\""));
    const auto plan = planned(dir.path());
    BOOST_TEST_REQUIRE(plan.sessions == 1U);
    const auto& s = plan.parts.front().sessions.front();
    BOOST_TEST(!s.started_at.has_value());
    BOOST_TEST((s.ended_at == parse_utc("2026-11-22T09:08:43.000000Z")));
    BOOST_TEST(s.snapshot_json.empty());
    BOOST_TEST(s.notes().value() == "Work complete");
    BOOST_TEST((s.why_ended == end_reason::imported));
    put_content(file, with("null", "null", "\"x\""));
    BOOST_TEST(problem_of(dir.path()).key == "session.notes");

    const old_directory active;
    active.replace("go_session.json", "false", "true");
    active.replace("go_session.json", "\"2026-11-22T09:08:43.550821Z\"", "null");
    const auto running = planned(active.path());
    const auto& r = running.parts.front().sessions.front();
    BOOST_TEST(r.active);
    BOOST_TEST(!r.why_ended.has_value());
    BOOST_TEST(r.start_notes.value() == "");
}

BOOST_AUTO_TEST_CASE(records_of_our_own_keep_what_old_lines_do_not_have) {
    const tests::temporary_directory dir;
    put_content(dir.path() / "audit.log",
                R"({"v":1,"seq":17,"ts_utc":"2026-11-22T09:08:43.352367Z","event":"CONE_SET","actor":{"name":"ann",)"
                R"("via":"daemon"},"session":null,"imported":{"ts_utc":"2026-11-22T09:08:43Z","line":3,"original":{}},)"
                R"("payload":{"band" : "A"}})"
                "\r\n");
    const auto plan = planned(dir.path());
    const auto lines = lines_of(plan);
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0].payload_json == R"({"band":"A"})");
    BOOST_TEST(lines[0].original_json == R"({"v":1,"seq":17,"actor":{"name":"ann","via":"daemon"},"session":null,)"
                                         R"("imported":{"ts_utc":"2026-11-22T09:08:43Z","line":3,"original":{}}})");
}

BOOST_AUTO_TEST_CASE(long_old_notes_are_kept_where_the_record_still_fits) {
    const old_directory dir;
    const std::string notes(30'000, 'n');
    dir.replace("go_progress.json", "\"ok\"", "\"" + notes + "\"");
    dir.replace("audit.log", "Work complete", notes);
    BOOST_TEST(planned(dir.path()).parts.front().progress->at("start_one_boring_engine").notes.value() == notes);
    dir.replace("go_progress.json", notes, std::string(65'500, 'n'));
    const auto problem = problem_of(dir.path());
    BOOST_TEST(problem.file == "go_progress.json");
    BOOST_TEST(problem.line == 3);
    BOOST_TEST(problem.key == "progress.start_one_boring_engine");
}

BOOST_AUTO_TEST_CASE(a_manifest_vouches_for_the_files_that_it_names) {
    const old_directory dir;
    const auto content = dir.content("cone_state.json");
    const auto manifest = [&](const std::string& name, std::size_t bytes, const std::string& sha256) {
        return R"({"format":1,"tree_size":0,"root":"","files":[{"name":")" + name + R"(","bytes":)" +
               std::to_string(bytes) + R"(,"sha256":")" + sha256 + R"("}]})";
    };
    const auto digest = to_hex(hasher{}.plain(content));
    dir.put("manifest.json", manifest("cone_state.json", content.size(), digest));
    BOOST_TEST(planned(dir.path()).files.size() == 5U);
    dir.put("manifest.json", manifest("cone_state.json", content.size() + 1, digest));
    BOOST_TEST(problem_of(dir.path()).file == "cone_state.json");
    dir.put("manifest.json", manifest("cone_state.json", content.size(), std::string(64, '0')));
    BOOST_TEST((problem_of(dir.path()).message.find("SHA-256") != std::string::npos));
    dir.put("manifest.json", manifest("sessions.json", 1, digest));
    BOOST_TEST((problem_of(dir.path()).message.find("is missing") != std::string::npos));
    dir.put("manifest.json", R"({"format":2,"tree_size":0,"root":"","files":[]})");
    BOOST_TEST(problem_of(dir.path()).key == "format");
}

BOOST_AUTO_TEST_CASE(a_problem_reads_like_a_compilers) {
    BOOST_TEST((import_problem{"go_session.json", 3, "session.cone_band", "is wrong"}.text()) ==
               "go_session.json:3: session.cone_band: is wrong");
    BOOST_TEST((import_problem{"audit.log", 0, "", "is empty"}.text()) == "audit.log: is empty");
    BOOST_TEST((import_problem{"", 0, "", "no"}.text()) == "no");
}

BOOST_AUTO_TEST_SUITE_END()
