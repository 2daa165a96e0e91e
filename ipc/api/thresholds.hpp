// SPDX-License-Identifier: Apache-2.0
//
// thresholds.*: the figures that turn facts into a health status. Names and bounds are those of the model's table of
// thresholds; a test compares them.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

namespace bounds {
inline constexpr integer_rules count{.maximum = 1'000'000};
inline constexpr integer_rules mib{.maximum = 1'048'576};  // 1 TiB
inline constexpr integer_rules mib_from_1{.minimum = 1, .maximum = mib.maximum};
inline constexpr integer_rules queued{.minimum = 1, .maximum = 10'000'000};
inline constexpr integer_rules hours{.maximum = 8'760};         // a year
inline constexpr integer_rules seconds{.maximum = 31'536'000};  // a year
inline constexpr real_rules share{.minimum = 0, .maximum = 1};
}  // namespace bounds

/// Members that are given replace the value of the threshold of that name.
struct threshold_changes {
    std::optional<std::int64_t> max_failed_jobs_red;
    std::optional<std::int64_t> max_failed_jobs_yellow;
    std::optional<double> deny_rate_yellow;
    std::optional<double> deny_rate_red;
    std::optional<std::int64_t> min_decisions_for_drift;
    std::optional<std::int64_t> unhandled_exceptions_red;
    std::optional<level> band_a_status;
    std::optional<level> band_b_status;
    std::optional<level> band_c_status;
    std::optional<level> band_d_status;
    std::optional<std::int64_t> disk_free_yellow_mib;
    std::optional<std::int64_t> disk_free_red_mib;
    std::optional<std::int64_t> wal_yellow_mib;
    std::optional<std::int64_t> ledger_queue_yellow;
    std::optional<std::int64_t> session_age_yellow_hours;
    std::optional<std::int64_t> anchor_age_yellow_s;
};
inline constexpr auto threshold_fields = std::tuple{
    integer("max_failed_jobs_red", &threshold_changes::max_failed_jobs_red, bounds::count,
            "Red above this many failed jobs."),
    integer("max_failed_jobs_yellow", &threshold_changes::max_failed_jobs_yellow, bounds::count,
            "Yellow above this many failed jobs."),
    real("deny_rate_yellow", &threshold_changes::deny_rate_yellow, bounds::share,
         "Yellow from this share of denied decisions."),
    real("deny_rate_red", &threshold_changes::deny_rate_red, bounds::share, "Red from this share of denied decisions."),
    integer("min_decisions_for_drift", &threshold_changes::min_decisions_for_drift, bounds::count,
            "Below this many decisions among the newest audit records the deny rate says nothing."),
    integer("unhandled_exceptions_red", &threshold_changes::unhandled_exceptions_red, bounds::count,
            "Red from this many unhandled exceptions."),
    word("band_a_status", &threshold_changes::band_a_status, level_words, "The level that band A alone gives."),
    word("band_b_status", &threshold_changes::band_b_status, level_words, "The level that band B alone gives."),
    word("band_c_status", &threshold_changes::band_c_status, level_words, "The level that band C alone gives."),
    word("band_d_status", &threshold_changes::band_d_status, level_words, "The level that band D alone gives."),
    integer("disk_free_yellow_mib", &threshold_changes::disk_free_yellow_mib, bounds::mib,
            "Yellow below this much free space for the state directory, in MiB."),
    integer("disk_free_red_mib", &threshold_changes::disk_free_red_mib, bounds::mib, "Red below this much, in MiB."),
    integer("wal_yellow_mib", &threshold_changes::wal_yellow_mib, bounds::mib_from_1,
            "Yellow above this size of the write-ahead log, in MiB."),
    integer("ledger_queue_yellow", &threshold_changes::ledger_queue_yellow, bounds::queued,
            "Yellow above this many changes waiting for the disk."),
    integer("session_age_yellow_hours", &threshold_changes::session_age_yellow_hours, bounds::hours,
            "Yellow when a session runs longer, in hours; 0 = never."),
    integer("anchor_age_yellow_s", &threshold_changes::anchor_age_yellow_s, bounds::seconds,
            "Yellow when the trail has been ahead of the newest signed checkpoint for longer, in seconds; 0 = never."),
};

namespace shapes {
inline constexpr auto threshold_members = members_of(threshold_fields);
inline constexpr shape thresholds{"thresholds", "All thresholds.", threshold_members};
}  // namespace shapes

struct thresholds_get {
    static constexpr std::string_view name = "thresholds.get";
    static constexpr std::string_view summary = "All thresholds.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr const shape& result = shapes::thresholds;
    static constexpr std::array<error_code, 0> errors{};
};

struct thresholds_set {
    static constexpr std::string_view name = "thresholds.set";
    static constexpr std::string_view summary = "Changes the thresholds that are given; the others stay.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::owner;
    using params = threshold_changes;
    static constexpr const auto& fields = threshold_fields;
    static constexpr const shape& result = shapes::thresholds;
    static constexpr std::array errors{error_code::invalid_threshold};
};

}  // namespace valhalla::ipc::api
