// SPDX-License-Identifier: Apache-2.0
#include "daemon/methods/event_filter.hpp"

#include <fmt/format.h>

#include "ipc/excerpt.hpp"
#include "ipc/json_text.hpp"
#include "ipc/limits.hpp"
#include "ipc/nearest.hpp"
#include "schema/model/event_names.hpp"

namespace valhalla {

bool is_strange_event(const std::optional<std::string>& name) {
    return name && !event_names::may_be(*name);
}

std::optional<ipc::rpc_error> refuse_strange_event(schema::reader& from, const std::string& name) {
    if (from.knows_event(name)) {
        return std::nullopt;
    }
    const auto nearest = ipc::nearest_name(name, event_names::all);
    ipc::rpc_error error{ipc::error_code::invalid_params,
                         fmt::format("event: \"{}\" is not an event, and no record has that name; {}",
                                     ipc::excerpt(name, ipc::max_excerpt_bytes),
                                     nearest.empty() ? "those of other programs begin with X_"
                                                     : fmt::format("did you mean {}?", nearest)),
                         {}};
    ipc::append_text_member(error.data_members, "key", "event");
    if (!nearest.empty()) {
        error.data_members += ",\"nearest\":[";
        ipc::append_quoted(error.data_members, nearest);
        error.data_members += ']';
    }
    return error;
}

}  // namespace valhalla
