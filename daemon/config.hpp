// SPDX-License-Identifier: Apache-2.0
//
// What the daemon is told: command line over environment over configuration file over defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/access_control.hpp"
#include "daemon/change_quota.hpp"
#include "daemon/denial_book.hpp"
#include "daemon/frontend_settings.hpp"
#include "daemon/telemetry/metrics_settings.hpp"
#include "ipc/limits.hpp"
#include "ipc/rate_limiter.hpp"
#include "schema/limits.hpp"

namespace valhalla {

/// How the trail is signed.
struct audit_settings {
    std::string origin = "valhalla.local";             ///< what the origin of a new trail begins with
    std::optional<std::filesystem::path> signing_key;  ///< absent: systemd's credential, else STATE/signing.key
    std::int64_t log_checkpoint_minutes = 60;  ///< how often the newest checkpoint is logged; 0: at the end only
    std::optional<std::filesystem::path> witness_key;  ///< absent: systemd's credential, else STATE/witness.key
    std::string witness_name;                          ///< the name it cosigns under; empty: it cosigns nothing
    std::vector<std::string> witnessed_logs;           ///< verifier keys of the logs that it watches
};

struct backup_settings {
    std::int64_t keep = 7;  ///< as many of the newest
};

struct config {
    bool development = false;
    std::filesystem::path state_dir;
    std::string socket;
    std::string socket_group;                       ///< group that may connect; empty: the process's own
    std::optional<std::filesystem::path> policy;    ///< absent: built-in
    std::optional<std::filesystem::path> playbook;  ///< absent: built-in
    std::string log_level = "info";
    access_rules access;
    denial_rules denials;
    audit_settings audit;
    backup_settings backup;
    metrics_settings metrics;
    frontend_settings frontend;
    /// How often one user may call a method; the others have no rate.
    std::map<std::string, ipc::call_rate> rates{{"auth.key", {.calls = 30, .period = std::chrono::minutes{1}}},
                                                {"cone.set", {.calls = 10, .period = std::chrono::minutes{1}}},
                                                {"thresholds.set", {.calls = 5, .period = std::chrono::minutes{1}}}};
    std::chrono::hours request_key_window{24};
    ipc::limits limits;                      ///< of the wire
    std::chrono::microseconds io_poll{200};  ///< how long the I/O thread looks for work before it sleeps
    queue_bounds queue;                      ///< of changes that wait for the disk
    /// Of all documents of an import together, in bytes; not of its log, which is read a piece at a time.
    std::size_t import_documents_bytes = schema::limits::import_documents_bytes;
    bool check = false;  ///< say whether it is good instead of serving
    /// How it came about, to read it again.
    std::vector<std::string> command_line;
    /// Why the owner goes on though the anchor does not fit; absent: he does not.
    std::optional<std::string> accept_rollback;
    /// A backup to restore instead of serving, and why.
    std::optional<std::filesystem::path> restore;
    std::string restore_reason;
};

/// What to do instead of running: print `text` (to standard output when `status` is 0) and exit with `status`.
struct early_exit {
    int status = 0;
    std::string text;
};

/// Exit codes of the daemon.
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int unexpected = 1;
inline constexpr int usage = 2;           ///< command line, configuration, policy or playbook
inline constexpr int state_unusable = 3;  ///< state directory or database cannot be used
inline constexpr int state_locked = 4;    ///< another daemon uses it
inline constexpr int socket = 5;          ///< the socket cannot be opened
inline constexpr int storage = 6;         ///< the database failed while running
inline constexpr int trail_misfit = 7;    ///< the database is not the continuation of what was signed last
}  // namespace exit_code

[[nodiscard]] std::variant<config, early_exit> read_config(int argc, const char* const* argv);
/// The same command line, environment and file once more.
[[nodiscard]] std::variant<config, early_exit> read_config_again(const config& now);

}  // namespace valhalla
