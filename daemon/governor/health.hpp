// SPDX-License-Identifier: Apache-2.0
//
// How the health status is reached: the worst of the band, the reported signals, the deny rate and the daemon's own
// checks. Every source that is not green gives one sentence with its figure and its threshold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/governor/state.hpp"

namespace valhalla::governor {

/// Sources whose message is a count that is compared with a threshold: `jobs.failed`, `exceptions.unhandled`.
inline constexpr std::string_view failed_jobs_source = "jobs.failed";
inline constexpr std::string_view exceptions_source = "exceptions.unhandled";

/// So many signals and sessions get a sentence of their own; the others are counted in one. Together with
/// `max_quoted_bytes` this keeps a verdict far below the size of a record, whatever was reported.
inline constexpr std::size_t max_listed_signals = 32;
inline constexpr std::size_t max_listed_sessions = 16;
/// Of a reported text, in a sentence.
inline constexpr std::size_t max_quoted_bytes = 120;

/// What one signal counts as: its own level; by thresholds when it carries a count; yellow when it is stale, also when
/// it said red before it fell silent, for nobody knows any more.
[[nodiscard]] health_level level_of(const health_signal& signal, const thresholds& limits, span_point now);
/// The count that a source such as `jobs.failed` reports; nothing when it reports none, or its message is no count.
[[nodiscard]] std::optional<std::int64_t> reported_count(const signal_map& signals, std::string_view source);
/// What the deny rate alone gives.
[[nodiscard]] health_level drift_level(const deny_window& window, const thresholds& limits) noexcept;

/// Reasons in a fixed order: band, signals by source, deny rate, sessions, self-checks. O(signals + sessions kept).
[[nodiscard]] health_verdict evaluate_health(const state& s, span_point now);

/// The next moment at which `evaluate_health` can change without anything happening: a signal's expiry, a
/// session's age. Absent when there is none.
[[nodiscard]] std::optional<span_point> next_health_change(const state& s, span_point now);

}  // namespace valhalla::governor
