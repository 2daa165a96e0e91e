// SPDX-License-Identifier: Apache-2.0
//
// Where time comes from; the only place of the daemon that does. There are two clocks, and each thing has one of them:
//
//   wall    UTC as the system has it. May be set to anything at any moment, so it tells people when something was and
//           orders nothing by itself: a record takes the maximum of it and of the newest record's time.
//   span    goes on at the pace of the system, sleep included, whatever the wall clock is set to. Times to live, locks,
//           kept answers and ages are measured by it, and by nothing else.
//
// The span clock of a new database begins as the wall clock, so as long as nobody sets that, both show the same. It
// never leaps while the daemon runs. A start of the daemon goes on from where the last one stored it: within one run of
// the system by what has passed since, which is exact; after a start of the system by what the wall clock says was
// between, as far as that can be believed. Both are passed in, so that tests can hold them still. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "schema/model/span_time.hpp"

namespace valhalla {

using clock_function = std::function<unix_micros()>;

[[nodiscard]] unix_micros system_now();
/// Since the system was started, sleep included; within a container it may count from elsewhere.
[[nodiscard]] std::chrono::microseconds system_running();
/// Which start of the system this is, 32 hex digits; empty when nobody tells. A unit that hides it from the daemon
/// hands it in (`VALHALLA_BOOT_ID`).
[[nodiscard]] std::string system_boot();

/// What is read of the system; tests put their own in.
struct clock_sources {
    clock_function wall = system_now;
    std::function<std::chrono::microseconds()> running = system_running;
    std::string boot = system_boot();
};

/// A longer time between two starts of the system is taken for an error of the wall clock, and not counted: at most a
/// lock is longer then than it should be, while it would be gone and changes be repeated the other way round.
inline constexpr std::chrono::hours believed_off{366 * 24};

class daemon_clock {
  public:
    /// Goes on from `stored`, if there is one.
    explicit daemon_clock(clock_sources from = {}, const std::optional<clock_mark>& stored = std::nullopt);

    [[nodiscard]] unix_micros wall() const { return from_.wall(); }
    [[nodiscard]] span_point span() const { return zero_ + from_.running(); }
    /// How far the wall clock was ahead of this one when it was stored. That changes when the wall clock is set, and
    /// only then: what differs now, happened while the daemon was away.
    [[nodiscard]] std::chrono::microseconds lead_before() const noexcept { return lead_before_; }
    /// To be stored.
    [[nodiscard]] clock_mark mark() const;

  private:
    clock_sources from_;
    span_point zero_;  ///< when `running` began to count
    std::chrono::microseconds lead_before_;
};

}  // namespace valhalla
