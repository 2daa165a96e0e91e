// SPDX-License-Identifier: Apache-2.0
#include "daemon/methods/bind.hpp"

#include <charconv>

#include <fmt/format.h>

namespace valhalla {

void bind_all_methods(ipc::method_table& table, const services& with) {
    bind_session_methods(table, with);
    bind_cone_methods(table, with);
    bind_canon_methods(table, with);
    bind_health_methods(table, with);
    bind_thresholds_methods(table, with);
    bind_go_methods(table, with);
    bind_audit_methods(table, with);
    bind_proof_methods(table, with);
    bind_follow_methods(table, with);
    bind_witness_methods(table, with);
    bind_export_methods(table, with);
    bind_import_methods(table, with);
    bind_access_methods(table, with);
    bind_backup_methods(table, with);
    bind_daemon_methods(table, with);
    bind_atomic_method(table, with);
    table.require_complete();
}

std::optional<std::int64_t> parse_cursor(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1) {
        return std::nullopt;
    }
    return number;
}

ipc::rpc_error bad_cursor(std::string_view text) {
    ipc::rpc_error error{ipc::error_code::invalid_params,
                         fmt::format("'{}' is not a cursor: send the next_cursor of the previous page unchanged", text),
                         {}};
    ipc::append_text_member(error.data_members, "key", "cursor");
    return error;
}

}  // namespace valhalla
