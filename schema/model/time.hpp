// SPDX-License-Identifier: Apache-2.0
//
// Points in time. In memory and on disk: microseconds since the Unix epoch, UTC. In JSON: ISO 8601 with exactly
// six fractional digits and `Z`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla {

using unix_micros = std::chrono::sys_time<std::chrono::microseconds>;

/// Length of every formatted time, e.g. `2026-11-22T09:08:43.347626Z`.
inline constexpr std::size_t utc_text_size = 27;

[[nodiscard]] constexpr std::int64_t micros_count(unix_micros t) noexcept {
    return t.time_since_epoch().count();
}
[[nodiscard]] constexpr unix_micros micros_at(std::int64_t count) noexcept {
    return unix_micros{std::chrono::microseconds{count}};
}

/// Writes exactly `utc_text_size` bytes at `out`. Years outside 0000–9999 are clamped to that range.
void format_utc(unix_micros t, char* out) noexcept;
[[nodiscard]] std::string format_utc(unix_micros t);

/// Reads `YYYY-MM-DDTHH:MM:SS[.f{1,6}](Z|+00:00)`; nothing when the text is anything else or no real date.
[[nodiscard]] std::optional<unix_micros> parse_utc(std::string_view text) noexcept;

}  // namespace valhalla
