// SPDX-License-Identifier: Apache-2.0
//
// Everything that the daemon shows about itself, as of one moment. Taken on the I/O thread by copying, then it belongs
// to whoever makes text of it on another one. What has to be asked of the system is added there (`system_figures`).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "daemon/telemetry/ledger_figures.hpp"
#include "ipc/traffic.hpp"
#include "schema/model/time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

struct figures {
    // The server
    std::vector<ipc::traffic::answers> requests;
    ipc::per_effect<ipc::duration_histogram> durations;
    std::uint64_t connections = 0;
    std::uint64_t connections_limit = 0;
    std::uint64_t connections_accepted = 0;
    std::array<std::uint64_t, ipc::turned_away_count> connections_refused{};
    std::uint64_t denials = 0;
    std::uint64_t follows = 0;
    // The published state
    std::uint64_t audit_records = 0;
    std::uint64_t sessions_active = 0;
    health_level health{};
    band in_band{};
    // The ledger
    ledger_figures ledger;
    std::uint64_t queued_changes = 0;
    std::uint64_t queued_changes_limit = 0;
    std::uint64_t queued_bytes = 0;
    // Others
    std::uint64_t anchored_records = 0;
    std::int64_t anchor_lag_s = 0;
    std::uint64_t queries_waiting = 0;
    double query_running_s = 0;  ///< 0: none is
    std::uint64_t backups_made = 0;
    std::uint64_t backups_failed = 0;
    std::uint64_t frontend_written = 0;
    std::uint64_t frontend_failed = 0;
    std::uint64_t frontend_records = 0;
    unix_micros started_at{};
    std::filesystem::path state_dir;
    std::filesystem::path backup_dir;
};

/// What the system says. Absent: it does not.
struct system_figures {
    std::optional<std::uint64_t> resident_bytes;
    std::optional<double> cpu_s;
    std::optional<std::uint64_t> open_fds;
    std::optional<std::uint64_t> max_fds;
    std::optional<std::uint64_t> disk_free_bytes;  ///< for whoever is not root
    std::optional<std::uint64_t> disk_size_bytes;
    std::optional<unix_micros> newest_backup;
};

/// Any thread; opens files, so not the I/O thread. `of` says where state and backups lie.
[[nodiscard]] system_figures ask_system(const figures& of);

}  // namespace valhalla
