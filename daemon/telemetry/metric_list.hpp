// SPDX-License-Identifier: Apache-2.0
//
// Every metric: one line here, one in metrics_text.cpp that fills it. daemon/METRICS.md is written from this list, and
// a test holds what is shown against it. Labels have few values, none of them a name that somebody chose: no operator,
// no session, no source of health.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace valhalla {

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct metric_info {
    std::string_view name;
    metric_kind kind{};
    std::string_view unit;
    std::string_view labels;  ///< and their values; empty: none
    std::string_view help;    ///< one sentence, also for `# HELP`
};

namespace metrics {

using enum metric_kind;

inline constexpr metric_info build{"valhalla_build_info", gauge, "always 1", "`version`", "The version that runs."};
inline constexpr metric_info requests{
    "valhalla_requests_total", counter, "requests",
    "`method`: its name, or `unknown` for all that is none; `code`: `ok`, or the error's kind",
    "Requests answered, notifications and the parts of a batch each for itself."};
inline constexpr metric_info durations{
    "valhalla_request_duration_seconds", histogram, "seconds", "`effect`: `hot_read`, `query`, `change`, `task`",
    "From the turn of its connection in which a request was read to the write of its answer."};
inline constexpr metric_info connections{"valhalla_connections", gauge, "connections", "",
                                         "Connections that are open."};
inline constexpr metric_info connections_limit{"valhalla_connections_limit", gauge, "connections", "",
                                               "Connections that may be open."};
inline constexpr metric_info accepted{"valhalla_connections_accepted_total", counter, "connections", "",
                                      "Connections that were served."};
inline constexpr metric_info refused{"valhalla_connections_refused_total", counter, "connections",
                                     "`reason`: `unknown_user`, `no_role`, `all_taken`, `share_taken`",
                                     "Connections that were turned away."};
inline constexpr metric_info denials{"valhalla_denials_total", counter, "denials", "",
                                     "Requests and connections refused because a role did not suffice."};
inline constexpr metric_info follows{"valhalla_follows", gauge, "follows", "",
                                     "Followers that the trail is sent to as it grows."};
inline constexpr metric_info records{"valhalla_audit_records_total", counter, "records", "",
                                     "Records of the audit trail, since its beginning."};
inline constexpr metric_info anchored{"valhalla_anchored_records", gauge, "records", "",
                                      "Records that the newest signed checkpoint covers."};
inline constexpr metric_info anchor_lag{"valhalla_anchor_lag_seconds", gauge, "seconds", "",
                                        "How long the trail is ahead of the newest signed checkpoint; 0: it is not."};
inline constexpr metric_info sessions{"valhalla_sessions_active", gauge, "sessions", "", "Sessions that are active."};
inline constexpr metric_info health{"valhalla_health_state", gauge, "0 or 1", "`state`: `green`, `yellow`, `red`",
                                    "1 for the health status in force."};
inline constexpr metric_info cone{"valhalla_cone_band", gauge, "0 or 1", "`band`: `A`, `B`, `C`, `D`",
                                  "1 for the band in force."};
inline constexpr metric_info decisions{"valhalla_decisions_total", counter, "decisions",
                                       "`outcome`: `allowed`, `denied`", "Decisions recorded in the trail."};
inline constexpr metric_info queue_changes{"valhalla_ledger_queue_changes", gauge, "changes", "",
                                           "Changes that were taken and are not answered yet."};
inline constexpr metric_info queue_limit{"valhalla_ledger_queue_changes_limit", gauge, "changes", "",
                                         "Changes that may wait; beyond, they are refused as overloaded."};
inline constexpr metric_info queue_bytes{"valhalla_ledger_queue_bytes", gauge, "bytes", "",
                                         "Memory that the waiting changes hold."};
inline constexpr metric_info batch_size{"valhalla_ledger_batch_size", histogram, "changes", "",
                                        "Changes that shared a transaction, or its refusal."};
inline constexpr metric_info commit{"valhalla_ledger_commit_duration_seconds", histogram, "seconds", "",
                                    "What a COMMIT took, until the disk had it."};
inline constexpr metric_info wal_bytes{"valhalla_wal_bytes", gauge, "bytes", "",
                                       "Bytes in the write-ahead log that are not in the database yet."};
inline constexpr metric_info wal_checkpoints{"valhalla_wal_checkpoints_total", counter, "times", "",
                                             "Times that pages were moved from the log into the database."};
inline constexpr metric_info queries_waiting{"valhalla_queries_waiting", gauge, "queries", "",
                                             "Queries that wait for the query thread."};
inline constexpr metric_info query_age{
    "valhalla_query_running_seconds", gauge, "seconds", "",
    "How long the oldest reader of the database has been at work; 0: there is none."};
inline constexpr metric_info backups{"valhalla_backups_total", counter, "backups", "`outcome`: `made`, `failed`",
                                     "Backups that were asked for."};
inline constexpr metric_info newest_backup{"valhalla_backup_last_success_timestamp_seconds", gauge,
                                           "seconds since 1970", "",
                                           "When the newest backup that is kept was made; missing: there is none."};
inline constexpr metric_info frontend_sets{"valhalla_frontend_sets_total", counter, "sets",
                                           "`outcome`: `written`, `failed`",
                                           "Sets of files for a frontend (`export.on_change`)."};
inline constexpr metric_info frontend_records{
    "valhalla_frontend_records", gauge, "records", "",
    "Records of the trail in the frontend's newest set of files; 0: this process has written none."};
inline constexpr metric_info disk_free{"valhalla_state_disk_free_bytes", gauge, "bytes", "",
                                       "Free space where the state lies."};
inline constexpr metric_info disk_size{"valhalla_state_disk_size_bytes", gauge, "bytes", "",
                                       "Size of the file system where the state lies."};
inline constexpr metric_info trail_ahead{
    "valhalla_trail_ahead_seconds", gauge, "seconds", "",
    "How far the newest record is ahead of the clock of the system; 0: it is not."};
inline constexpr metric_info clock_set{
    "valhalla_clock_set_seconds", gauge, "seconds", "",
    "By how much the clock of the system was set since the daemon started, negative when back, and while it was away."};
inline constexpr metric_info start_time{"process_start_time_seconds", gauge, "seconds since 1970", "",
                                        "When the daemon started."};
inline constexpr metric_info cpu{"process_cpu_seconds_total", counter, "seconds", "",
                                 "Processor time used, in user mode and in the system."};
inline constexpr metric_info resident{"process_resident_memory_bytes", gauge, "bytes", "", "Resident memory."};
inline constexpr metric_info open_fds{"process_open_fds", gauge, "files", "", "Open file descriptors."};
inline constexpr metric_info max_fds{"process_max_fds", gauge, "files", "", "File descriptors that may be open."};

/// In the order in which they are shown.
inline constexpr std::array all{
    &build,     &requests,      &durations,       &connections,      &connections_limit,
    &accepted,  &refused,       &denials,         &follows,          &records,
    &anchored,  &anchor_lag,    &sessions,        &health,           &cone,
    &decisions, &queue_changes, &queue_limit,     &queue_bytes,      &batch_size,
    &commit,    &wal_bytes,     &wal_checkpoints, &queries_waiting,  &query_age,
    &backups,   &newest_backup, &frontend_sets,   &frontend_records, &disk_free,
    &disk_size, &trail_ahead,   &clock_set,       &start_time,       &cpu,
    &resident,  &open_fds,      &max_fds,
};

}  // namespace metrics

/// daemon/METRICS.md.
[[nodiscard]] std::string metric_reference();

}  // namespace valhalla
