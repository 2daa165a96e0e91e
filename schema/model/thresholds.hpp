// SPDX-License-Identifier: Apache-2.0
//
// The figures that turn facts into a health status. One table (`threshold_fields`) names each field once: the
// stores, JSON, validation and the method parameters are all driven by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schema/model/json_writer.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

struct thresholds {
    std::int64_t max_failed_jobs_red = 1;       ///< red above this many failed jobs
    std::int64_t max_failed_jobs_yellow = 0;    ///< yellow above this many failed jobs
    double deny_rate_yellow = 0.25;             ///< yellow from this share of denied decisions
    double deny_rate_red = 0.35;                ///< red from this share of denied decisions
    std::int64_t min_decisions_for_drift = 20;  ///< below this many decisions the deny rate says nothing
    std::int64_t unhandled_exceptions_red = 1;  ///< red from this many unhandled exceptions
    health_level band_a_status = health_level::green;
    health_level band_b_status = health_level::green;
    health_level band_c_status = health_level::yellow;
    health_level band_d_status = health_level::red;
    std::int64_t disk_free_yellow_mib = 1024;    ///< yellow below this much free space for the state directory
    std::int64_t disk_free_red_mib = 128;        ///< red below this much
    std::int64_t wal_yellow_mib = 256;           ///< yellow above this size of the write-ahead log
    std::int64_t ledger_queue_yellow = 50'000;   ///< yellow above this many changes waiting for the disk
    std::int64_t session_age_yellow_hours = 12;  ///< yellow when a session runs longer; 0 = never
    std::int64_t anchor_age_yellow_s =
        600;  ///< yellow when the trail has been ahead of its anchor for longer; 0 = never

    friend bool operator==(const thresholds&, const thresholds&) = default;
};

/// How one threshold is named, stored, bounded and explained.
struct threshold_field {
    using member = std::variant<std::int64_t thresholds::*, double thresholds::*, health_level thresholds::*>;
    std::string_view name;
    member where;
    double minimum;  ///< unused for levels
    double maximum;
    bool compatible;  ///< one of the six in the `thresholds.json` that the frontend knows
    std::string_view meaning;
};

inline constexpr std::size_t threshold_count = 16;
[[nodiscard]] const std::array<threshold_field, threshold_count>& threshold_fields() noexcept;
[[nodiscard]] const threshold_field* find_threshold(std::string_view name) noexcept;

/// The level that a band alone gives.
[[nodiscard]] health_level status_of_band(const thresholds& t, band b) noexcept;

/// Nothing when consistent; else a sentence that names the fields (e.g. a red limit that comes before the yellow one).
[[nodiscard]] std::optional<std::string> inconsistency_of(const thresholds& t);

enum class threshold_set : std::uint8_t { compatible = 0, all = 1 };
void write_thresholds(json_writer& json, const thresholds& t, threshold_set which);

}  // namespace valhalla
