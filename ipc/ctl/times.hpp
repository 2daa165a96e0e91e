// SPDX-License-Identifier: Apache-2.0
//
// Times as people read and type them. UTC everywhere; inside they are microseconds since the epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla::ctl {

using micros = std::int64_t;

/// `2026-11-22T09:08:43.517614Z` as the daemon writes it; nothing for anything else.
[[nodiscard]] std::optional<micros> micros_of(std::string_view text) noexcept;
[[nodiscard]] std::string wire_time(micros t);

/// `2026-11-22 09:08:43`, or `text` itself when it is not a time.
[[nodiscard]] std::string shown_time(std::string_view text);
/// The same without seconds.
[[nodiscard]] std::string shown_minute(std::string_view text);

/// `42s`, `12m`, `3h 12m`, `2d 4h`; 0s for what lies ahead.
[[nodiscard]] std::string shown_span(micros span);
/// Age of a wire time; empty when `text` is not one.
[[nodiscard]] std::string age_of(std::string_view text, micros now);

/// `45` (seconds), `30s`, `15m`, `3h`, `2d`, as seconds. Nothing for anything else, zero, or more than 100 years.
[[nodiscard]] std::optional<std::int64_t> parse_span(std::string_view text) noexcept;

/// A point in time on the command line, as a wire time: `2026-11-22`, `2026-11-22T09:08[:43[.517614]][Z]` (a space
/// instead of the T is fine), or `3h` = three hours ago. Throws `fault` (wrong usage).
[[nodiscard]] std::string time_of_user(std::string_view typed, micros now);

}  // namespace valhalla::ctl
