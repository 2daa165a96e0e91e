// SPDX-License-Identifier: Apache-2.0
//
// Which records of the trail are worth a line in the log, and how it reads. Few are: what an administrator wants to see
// come by. Decisions, notes, steps and reports are not, for they come by the thousand, and the trail has them.
#pragma once

#include <optional>

#include "daemon/telemetry/log_entry.hpp"
#include "schema/model/event.hpp"

namespace valhalla {

/// Nothing for most. No text in it that the trail does not show to every viewer, and no notes.
[[nodiscard]] std::optional<log_entry> line_of(const audit_entry& record);

}  // namespace valhalla
