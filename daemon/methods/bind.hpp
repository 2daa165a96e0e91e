// SPDX-License-Identifier: Apache-2.0
//
// One function per method family: binds what the wire can ask to the rules, the published state and the queries.
// Each file says of its methods only how parameters become a command or a query, and how the outcome becomes JSON.
#pragma once

#include "daemon/services.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method_table.hpp"
#include "schema/model/ids.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

void bind_session_methods(ipc::method_table& table, const services& with);
void bind_cone_methods(ipc::method_table& table, const services& with);
void bind_canon_methods(ipc::method_table& table, const services& with);
void bind_health_methods(ipc::method_table& table, const services& with);
void bind_thresholds_methods(ipc::method_table& table, const services& with);
void bind_go_methods(ipc::method_table& table, const services& with);
void bind_audit_methods(ipc::method_table& table, const services& with);
void bind_proof_methods(ipc::method_table& table, const services& with);
void bind_follow_methods(ipc::method_table& table, const services& with);
void bind_witness_methods(ipc::method_table& table, const services& with);
void bind_export_methods(ipc::method_table& table, const services& with);
void bind_import_methods(ipc::method_table& table, const services& with);
void bind_access_methods(ipc::method_table& table, const services& with);
void bind_backup_methods(ipc::method_table& table, const services& with);
void bind_daemon_methods(ipc::method_table& table, const services& with);
void bind_atomic_method(ipc::method_table& table, const services& with);

/// All of them; throws `std::logic_error` when a method of the API is left without a handler.
void bind_all_methods(ipc::method_table& table, const services& with);

static_assert(static_cast<int>(ipc::api::band::survival) == static_cast<int>(band::survival) &&
              static_cast<int>(ipc::api::level::red) == static_cast<int>(health_level::red));
[[nodiscard]] constexpr band from_wire(ipc::api::band b) {
    return static_cast<band>(b);
}
[[nodiscard]] constexpr health_level from_wire(ipc::api::level l) {
    return static_cast<health_level>(l);
}

static_assert(static_cast<int>(ipc::role::none) == static_cast<int>(access_role::none) &&
              static_cast<int>(ipc::role::owner) == static_cast<int>(access_role::owner));
[[nodiscard]] constexpr access_role from_wire(ipc::role r) {
    return static_cast<access_role>(r);
}

/// Cursors are sequence numbers written as decimal text; nothing when `text` is no cursor of ours.
[[nodiscard]] std::optional<std::int64_t> parse_cursor(std::string_view text);
[[nodiscard]] ipc::rpc_error bad_cursor(std::string_view text);

}  // namespace valhalla
