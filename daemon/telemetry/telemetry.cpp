// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/telemetry.hpp"

#include <fmt/format.h>

namespace valhalla {

figures telemetry::take() const {
    const auto& counted = from_.server.counted();
    const auto queries = from_.queries.load();
    figures now;
    now.requests = counted.by_method();
    now.durations = counted.durations();
    now.connections = from_.server.connections();
    now.connections_limit = from_.server.connections_limit();
    now.connections_accepted = counted.connections_accepted();
    now.connections_refused = counted.connections_refused();
    now.denials = denials_;
    now.follows = from_.follows.count();
    now.audit_records = from_.hot.head().size;
    now.sessions_active = sessions_active();
    now.health = from_.hot.state().health->status;
    now.in_band = from_.hot.state().current_cone->in_force;
    now.ledger = ledger_;
    now.queued_changes = from_.changes.waiting().changes;
    now.queued_changes_limit = from_.queue.changes;
    now.queued_bytes = from_.changes.waiting().bytes;
    now.anchored_records = from_.signer.anchored();
    now.anchor_lag_s = from_.signer.behind_for().count();
    now.queries_waiting = queries.waiting;
    now.query_running_s = queries.running.count();
    now.backups_made = from_.saving.made_so_far();
    now.backups_failed = from_.saving.failed_so_far();
    const auto sets = from_.frontend.counted();
    now.frontend_written = sets.written;
    now.frontend_failed = sets.failed;
    now.frontend_records = sets.records;
    now.started_at = from_.started_at;
    now.state_dir = from_.state_dir;
    now.backup_dir = from_.backup_dir;
    return now;
}

std::uint64_t telemetry::sessions_active() const {
    return from_.hot.state().sessions->active.size();
}

std::string telemetry::status_line() const {
    const auto& state = from_.hot.state();
    const auto active = sessions_active();
    return fmt::format("{} audit records, {} active {}, band {}, health {}", from_.hot.head().size, active,
                       active == 1 ? "session" : "sessions", band_letter(state.current_cone->in_force),
                       to_text(state.health->status));
}

}  // namespace valhalla
