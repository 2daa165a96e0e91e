// SPDX-License-Identifier: Apache-2.0
//
// The clock that spans are measured by: times to live, locks, kept answers, ages. It goes on at the pace of the system
// whatever the wall clock is set to, and after a restart it goes on from what was stored (daemon/clock.hpp). Its
// moments are no times of day: they compare with each other alone, hence a type of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/model/time.hpp"

namespace valhalla {

struct span_time {};
using span_point = std::chrono::time_point<span_time, std::chrono::microseconds>;

[[nodiscard]] constexpr std::int64_t micros_count(span_point t) noexcept {
    return t.time_since_epoch().count();
}
[[nodiscard]] constexpr span_point span_at(std::int64_t count) noexcept {
    return span_point{std::chrono::microseconds{count}};
}
/// The moment at which a wall clock that was never set since shows `t`: both clocks begin as one.
[[nodiscard]] constexpr span_point span_of(unix_micros t) noexcept {
    return span_at(micros_count(t));
}

/// Where a span begins or ends. No record tells it: what records make of two states may be equal though this differs.
struct span_mark {
    std::optional<span_point> at{};
    friend bool operator==(const span_mark& /*a*/, const span_mark& /*b*/) noexcept { return true; }
};

/// All clocks at one moment, as they are stored for the next start.
struct clock_mark {
    span_point span{};
    unix_micros wall{};
    std::chrono::microseconds running{};  ///< since the system was started, sleep included
    std::string boot;                     ///< id of that start of the system; empty: not known
    friend bool operator==(const clock_mark&, const clock_mark&) = default;
};

}  // namespace valhalla
