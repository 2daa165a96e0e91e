// SPDX-License-Identifier: Apache-2.0
//
// A filter for an event that there never is would be answered by nothing, for ever: it is refused instead.
#pragma once

#include <optional>
#include <string>

#include "ipc/errors.hpp"
#include "schema/reader.hpp"

namespace valhalla {

/// Whether the trail has to be asked for this name: it is none that this daemon writes or lets others write.
[[nodiscard]] bool is_strange_event(const std::optional<std::string>& name);

/// Why a filter for `name` is refused. Nothing where a record has the name: imported ones keep theirs.
[[nodiscard]] std::optional<ipc::rpc_error> refuse_strange_event(schema::reader& from, const std::string& name);

}  // namespace valhalla
