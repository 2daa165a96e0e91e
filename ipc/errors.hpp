// SPDX-License-Identifier: Apache-2.0
//
// Every error that travels on the wire. A code is never reused and never renumbered; each has one `data.kind`, which is
// what programs should compare. Ranges: JSON-RPC's own below -32000; 1000 access, 1100 sessions, 1200 decisions,
// 1300 health and thresholds, 1400 playbook, 1500 audit, 1600 import, export and backup, 1900 the daemon's condition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ipc/role.hpp"

namespace valhalla::ipc {

enum class error_code : int {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,

    forbidden = 1000,
    rate_limited = 1002,
    operator_locked = 1003,  ///< `data` has `reason`, `since_utc`, `until_utc` and `locked_by`
    not_locked = 1004,
    too_many_locks = 1005,
    unknown_key = 1006,
    too_many_keys = 1007,
    invalid_key = 1008,  ///< of a caller with a key; which of its reasons holds, a stranger is not to know

    session_active = 1100,
    no_active_session = 1101,
    unknown_session = 1102,
    session_ended = 1103,

    unknown_engine = 1200,
    unknown_action = 1201,
    policy_invalid = 1202,

    unknown_signal = 1300,
    too_many_signals = 1301,
    invalid_threshold = 1302,

    unknown_step = 1400,
    step_blocked = 1401,

    record_too_large = 1500,
    unknown_record = 1501,
    beyond_the_trail = 1502,  ///< a size or a tile that the tree does not have yet
    unknown_follow = 1503,
    too_many_follows = 1504,
    no_witness = 1505,        ///< this daemon was given no witness key
    unknown_log = 1506,       ///< the checkpoint's origin is none that this witness was told to watch
    bad_checkpoint = 1507,    ///< not signed by the log's key
    witness_conflict = 1508,  ///< `old` is not the size that was cosigned last; `data.size` is
    bad_proof = 1509,         ///< the tree does not continue the one that was cosigned last

    import_refused = 1600,
    state_not_fresh = 1601,
    unknown_document = 1602,
    export_failed = 1603,
    no_such_upload = 1604,
    backup_running = 1605,
    backup_failed = 1606,

    overloaded = 1900,
    storage_full = 1901,
    outcome_unknown = 1902,
    shutting_down = 1903,
    request_key_reused = 1904,
    request_running = 1905,
    storage_lost = 1906,
};

/// `data.kind`, e.g. "session_active".
[[nodiscard]] std::string_view kind_of(error_code code) noexcept;
/// A sentence that says when the code is answered.
[[nodiscard]] std::string_view meaning_of(error_code code) noexcept;

struct rpc_error {
    error_code code{};
    std::string message;  ///< what was wrong, where, and what to do
    /// Further members of `data` as JSON text without braces, e.g. `"key":"notes"`; may be empty.
    std::string data_members;
    /// Of a denial, which goes on record: the role that would have done. Of `forbidden` it is in `data_members` as
    /// well.
    role needs = role::none;
};

/// `forbidden`, with the role that would do.
[[nodiscard]] rpc_error forbidden(std::string message, role needs);

/// Appends `{"code":…,"message":…,"data":{"kind":…,…}}`.
void append_error(std::string& out, const rpc_error& error);

/// A JSON member `"name":"text"` for `data_members`, comma included when `members` is not empty.
void append_text_member(std::string& members, std::string_view name, std::string_view text);

}  // namespace valhalla::ipc
