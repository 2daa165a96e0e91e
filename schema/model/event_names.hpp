// SPDX-License-Identifier: Apache-2.0
//
// Names of the kinds of record, each written once. Those of the Python program that valhallad replaces are kept for the
// readers of its log.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace valhalla::event_names {

inline constexpr std::string_view database_create = "DATABASE_CREATE";
inline constexpr std::string_view policy_loaded = "POLICY_LOADED";
inline constexpr std::string_view playbook_loaded = "PLAYBOOK_LOADED";
inline constexpr std::string_view session_start = "GO_SESSION_START";
inline constexpr std::string_view session_end = "GO_SESSION_END";
inline constexpr std::string_view session_note = "GO_SESSION_NOTE";
inline constexpr std::string_view cone_set = "CONE_SET";
inline constexpr std::string_view cone_allow = "CONE_ALLOW";
inline constexpr std::string_view cone_deny = "CONE_DENY";
inline constexpr std::string_view health_report = "HEALTH_REPORT";
inline constexpr std::string_view health_clear = "HEALTH_CLEAR";
inline constexpr std::string_view health_status = "HEALTH_STATUS";
inline constexpr std::string_view thresholds_set = "THRESHOLDS_SET";
inline constexpr std::string_view step_set = "GO_STEP_SET";
inline constexpr std::string_view import = "IMPORT";
inline constexpr std::string_view witness_cosign = "WITNESS_COSIGN";
inline constexpr std::string_view epoch_start = "EPOCH_START";
inline constexpr std::string_view records_unsigned = "RECORDS_UNSIGNED";
inline constexpr std::string_view operator_lock = "OPERATOR_LOCK";
inline constexpr std::string_view operator_unlock = "OPERATOR_UNLOCK";
inline constexpr std::string_view key_create = "KEY_CREATE";
inline constexpr std::string_view key_revoke = "KEY_REVOKE";
inline constexpr std::string_view access_denied = "ACCESS_DENIED";
/// Of the events of other programs.
inline constexpr std::string_view foreign_prefix = "X_";

inline constexpr std::array all{database_create, policy_loaded, playbook_loaded,  session_start, session_end,
                                session_note,    cone_set,      cone_allow,       cone_deny,     health_report,
                                health_clear,    health_status, thresholds_set,   step_set,      import,
                                witness_cosign,  epoch_start,   records_unsigned, operator_lock, operator_unlock,
                                key_create,      key_revoke,    access_denied};

/// Whether records of this name are written at all. Imported lines may have other names beside.
[[nodiscard]] constexpr bool may_be(std::string_view name) noexcept {
    return name.starts_with(foreign_prefix) || std::ranges::find(all, name) != all.end();
}

}  // namespace valhalla::event_names
