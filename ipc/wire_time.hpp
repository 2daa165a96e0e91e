// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace valhalla::ipc {

/// Points in time as they travel: UTC, microseconds.
using wire_time = std::chrono::sys_time<std::chrono::microseconds>;

/// Reads `YYYY-MM-DDTHH:MM:SS[.f{1,6}](Z|+00:00)`; nothing when the text is anything else or no real date.
[[nodiscard]] std::optional<wire_time> parse_wire_time(std::string_view text) noexcept;

}  // namespace valhalla::ipc
