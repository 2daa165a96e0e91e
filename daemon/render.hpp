// SPDX-License-Identifier: Apache-2.0
//
// From typed answers to JSON on the wire. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "daemon/governor/command.hpp"
#include "daemon/governor/state.hpp"
#include "ipc/errors.hpp"
#include "schema/model/json_writer.hpp"

namespace valhalla {

/// Appends the result of a change. `after` is the state that the command led to.
void render_answer(std::string& out, const governor::answer& what, const governor::state& after);

/// The one place where the governor's refusals become errors on the wire.
[[nodiscard]] ipc::rpc_error to_wire(const governor::refusal& r);

/// `{status, reasons, cone, signals, jobs, exceptions, decision_stats, self, thresholds}`.
void write_health(json_writer& json, const governor::state& s);
/// `allowed, band, engine, action, reason, rule, policy, allowed_in` as members of an object that the caller opened.
void write_verdict_members(json_writer& json, const governor::verdict& v, const governor::canon& rules);
/// `{bands, classes, actions, engines, allowed, sha256, source}`.
void write_canon(json_writer& json, const governor::canon& rules);
/// `{cone_band, status, steps:[{id,title,why,band_min,blocked_if_red,done,notes,blocked}], blocked_reasons}`.
void write_checklist(json_writer& json, const governor::state& s);
/// `{cone_band, status, next_step: step|null, message}`.
void write_next_step(json_writer& json, const governor::state& s);
/// `{operator, reason, since_utc, until_utc, locked_by, session}`.
void write_lock(json_writer& json, const operator_lock& lock, std::optional<session_id> session);
/// `{id, name, role, created_utc, created_by, expires_at_utc, expired}`: never the hash.
void write_key(json_writer& json, const api_key& key, span_point now);
/// `{step_id, done, notes, operator, session, updated_at_utc}` as members of an open object.
void write_step_progress(json_writer& json, std::string_view step_id, const step_progress& p);

}  // namespace valhalla
