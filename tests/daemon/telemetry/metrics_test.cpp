// SPDX-License-Identifier: Apache-2.0
//
// The text of the metrics, its reference, and the file for the node exporter. `ACCEPT=1` writes daemon/METRICS.md anew.
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/telemetry/metric_list.hpp"
#include "daemon/telemetry/metrics_file.hpp"
#include "daemon/telemetry/metrics_text.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

using valhalla::tests::content_of;

/// Every figure is another one, so that none can stand in another's place.
figures some_figures() {
    figures now;
    now.requests.resize(2);
    now.requests[0] = {.method = "unknown", .ok = 0, .errors = {{ipc::error_code::method_not_found, 3}}};
    now.requests[1] = {.method = "cone.state", .ok = 4, .errors = {{ipc::error_code::rate_limited, 5}}};
    now.durations[0].note(std::chrono::microseconds{20}, 6);
    now.durations[2].note(std::chrono::seconds{60});
    now.connections = 7;
    now.connections_limit = 512;
    now.connections_accepted = 8;
    now.connections_refused = {9, 10, 11, 12};
    now.denials = 13;
    now.follows = 14;
    now.audit_records = 4'503'599'627'370'497;  // an integer to the last digit, whatever the serializer does
    now.sessions_active = 15;
    now.health = health_level::yellow;
    now.in_band = band::stabilize;
    now.ledger.batch_size.note(3);
    now.ledger.commit.note(std::chrono::milliseconds{3});
    now.ledger.decisions_allowed = 16;
    now.ledger.decisions_denied = 17;
    now.ledger.wal_checkpoints = 18;
    now.ledger.wal_bytes = 19;
    now.queued_changes = 20;
    now.queued_changes_limit = 21;
    now.queued_bytes = 22;
    now.anchored_records = 23;
    now.anchor_lag_s = 24;
    now.queries_waiting = 25;
    now.query_running_s = 0.5;
    now.backups_made = 26;
    now.backups_failed = 27;
    now.started_at = micros_at(1'700'000'000'500'000);
    return now;
}

std::vector<std::string> lines_of(const std::string& text, const std::string& prefix) {
    std::vector<std::string> found;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(prefix)) {
            found.push_back(line);
        }
    }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_suite)

BOOST_AUTO_TEST_CASE(every_metric_of_the_list_is_shown_with_help_and_type_and_no_other) {
    const auto text = metrics_text(some_figures(), {});
    std::vector<std::string> shown;
    const std::regex help{"^# HELP (\\S+) (.+)$"};
    for (const auto& line : lines_of(text, "# HELP")) {
        std::smatch parts;
        BOOST_TEST_REQUIRE(std::regex_match(line, parts, help), line);
        shown.push_back(parts[1]);
    }
    std::vector<std::string> listed;
    for (const auto* each : metrics::all) {
        listed.emplace_back(each->name);
        BOOST_TEST(!each->unit.empty(), each->name);
        BOOST_TEST((each->kind == metric_kind::counter) == each->name.ends_with("_total"), each->name);
    }
    BOOST_TEST(shown == listed, boost::test_tools::per_element());
    BOOST_TEST(lines_of(text, "# TYPE").size() == listed.size());
}

BOOST_AUTO_TEST_CASE(figures_stand_under_their_names) {
    system_figures system;
    system.resident_bytes = 101;
    system.cpu_s = 1.5;
    system.open_fds = 102;
    system.max_fds = 103;
    system.disk_free_bytes = 104;
    system.disk_size_bytes = 105;
    system.newest_backup = micros_at(1'600'000'000'000'000);
    const auto text = metrics_text(some_figures(), system);
    for (const std::string line : {
             R"(valhalla_requests_total{method="unknown",code="method_not_found"} 3)",
             R"(valhalla_requests_total{method="cone.state",code="ok"} 4)",
             R"(valhalla_requests_total{method="cone.state",code="rate_limited"} 5)",
             R"(valhalla_request_duration_seconds_bucket{effect="hot_read",le="1e-05"} 0)",
             R"(valhalla_request_duration_seconds_bucket{effect="hot_read",le="+Inf"} 6)",
             R"(valhalla_request_duration_seconds_count{effect="change"} 1)",
             R"(valhalla_request_duration_seconds_sum{effect="change"} 60)",
             R"(valhalla_connections 7)",
             R"(valhalla_connections_limit 512)",
             R"(valhalla_connections_accepted_total 8)",
             R"(valhalla_connections_refused_total{reason="unknown_user"} 9)",
             R"(valhalla_connections_refused_total{reason="share_taken"} 12)",
             R"(valhalla_denials_total 13)",
             R"(valhalla_follows 14)",
             R"(valhalla_audit_records_total 4503599627370497)",
             R"(valhalla_sessions_active 15)",
             R"(valhalla_health_state{state="green"} 0)",
             R"(valhalla_health_state{state="yellow"} 1)",
             R"(valhalla_cone_band{band="C"} 1)",
             R"(valhalla_cone_band{band="D"} 0)",
             R"(valhalla_decisions_total{outcome="allowed"} 16)",
             R"(valhalla_decisions_total{outcome="denied"} 17)",
             R"(valhalla_wal_checkpoints_total 18)",
             R"(valhalla_wal_bytes 19)",
             R"(valhalla_ledger_queue_changes 20)",
             R"(valhalla_ledger_queue_changes_limit 21)",
             R"(valhalla_ledger_queue_bytes 22)",
             R"(valhalla_ledger_batch_size_bucket{le="2"} 0)",
             R"(valhalla_ledger_batch_size_bucket{le="4"} 1)",
             R"(valhalla_ledger_commit_duration_seconds_count 1)",
             R"(valhalla_anchored_records 23)",
             R"(valhalla_anchor_lag_seconds 24)",
             R"(valhalla_queries_waiting 25)",
             R"(valhalla_query_running_seconds 0.5)",
             R"(valhalla_backups_total{outcome="made"} 26)",
             R"(valhalla_backups_total{outcome="failed"} 27)",
             R"(valhalla_backup_last_success_timestamp_seconds 1600000000)",
             R"(valhalla_state_disk_free_bytes 104)",
             R"(valhalla_state_disk_size_bytes 105)",
             R"(process_start_time_seconds 1700000000.5)",
             R"(process_cpu_seconds_total 1.5)",
             R"(process_resident_memory_bytes 101)",
             R"(process_open_fds 102)",
             R"(process_max_fds 103)",
         }) {
        BOOST_TEST(text.find(line + "\n") != std::string::npos, line << " is not in\n" << text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_known_has_no_value) {
    const auto text = metrics_text({}, {});
    BOOST_TEST(lines_of(text, "valhalla_backup_last_success").empty());
    BOOST_TEST(lines_of(text, "process_resident").empty());
    BOOST_TEST(lines_of(text, "valhalla_requests_total").empty());
}

BOOST_AUTO_TEST_CASE(the_system_is_asked_about_this_process) {
    const tests::temporary_directory dir;
    figures of;
    of.state_dir = dir.path();
    of.backup_dir = dir.path() / "none";
    const auto before = ask_system(of);
    BOOST_TEST(before.resident_bytes.value_or(0) > 1'000'000U);
    BOOST_TEST(before.cpu_s.value_or(0) > 0);
    BOOST_TEST(before.disk_free_bytes.value_or(0) > 0U);
    BOOST_TEST(before.disk_free_bytes.value_or(0) <= before.disk_size_bytes.value_or(0));
    BOOST_TEST(!before.newest_backup.has_value());
    const int one_more = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    BOOST_TEST_REQUIRE(one_more >= 0);
    BOOST_TEST(ask_system(of).open_fds.value_or(0) == before.open_fds.value_or(0) + 1);
    ::close(one_more);
}

BOOST_AUTO_TEST_CASE(the_reference_is_what_the_list_says) {
    const std::filesystem::path path{SOURCE_DIR "/daemon/METRICS.md"};
    const auto now = metric_reference();
    if (std::getenv("ACCEPT") != nullptr) {
        std::ofstream{path} << now;
    }
    BOOST_TEST((content_of(path) == now), "run this test with ACCEPT=1 and commit daemon/METRICS.md");
}

BOOST_AUTO_TEST_CASE(the_file_is_replaced_whole_and_readable_by_all) {
    const tests::temporary_directory dir;
    const auto path = dir.path() / "v.prom";
    const auto old = ::umask(0077);
    BOOST_TEST(!put_metrics_file(path, "one\n").has_value());
    BOOST_TEST(!put_metrics_file(path, "two\n").has_value());
    ::umask(old);
    BOOST_TEST(content_of(path) == "two\n");
    struct stat is{};
    BOOST_TEST_REQUIRE(::stat(path.c_str(), &is) == 0);
    BOOST_TEST((is.st_mode & 07777U) == 0644U);
    BOOST_TEST(std::distance(std::filesystem::directory_iterator{dir.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(what_stands_in_its_way_is_named_and_not_written_through) {
    const tests::temporary_directory dir;
    const auto victim = dir.write("victim", "keep me");
    std::filesystem::create_symlink(victim, dir.path() / ".v.prom.tmp");
    BOOST_TEST(!put_metrics_file(dir.path() / "v.prom", "text").has_value());
    BOOST_TEST(content_of(victim) == "keep me");

    std::filesystem::create_directory(dir.path() / "d.prom");
    const auto problem = put_metrics_file(dir.path() / "d.prom", "text");
    BOOST_TEST_REQUIRE(problem.has_value());
    BOOST_TEST(problem->find("d.prom cannot be written: ") != std::string::npos, *problem);
    BOOST_TEST(!std::filesystem::exists(dir.path() / ".d.prom.tmp"));
    BOOST_TEST(put_metrics_file(dir.path() / "no" / "v.prom", "text").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
