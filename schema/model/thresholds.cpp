// SPDX-License-Identifier: Apache-2.0
#include "schema/model/thresholds.hpp"

#include <algorithm>

namespace valhalla {

namespace {

constexpr double most_jobs = 1'000'000;      // failed jobs, exceptions, decisions
constexpr double most_mib = 1'048'576;       // 1 TiB
constexpr double most_queued = 10'000'000;   // changes
constexpr double most_hours = 8'760;         // a year
constexpr double most_seconds = 31'536'000;  // a year

constexpr std::array<threshold_field, threshold_count> fields{{
    {"max_failed_jobs_red", &thresholds::max_failed_jobs_red, 0, most_jobs, true, "red above this many failed jobs"},
    {"max_failed_jobs_yellow", &thresholds::max_failed_jobs_yellow, 0, most_jobs, true,
     "yellow above this many failed jobs"},
    {"deny_rate_yellow", &thresholds::deny_rate_yellow, 0, 1, true, "yellow from this share of denied decisions"},
    {"deny_rate_red", &thresholds::deny_rate_red, 0, 1, true, "red from this share of denied decisions"},
    {"min_decisions_for_drift", &thresholds::min_decisions_for_drift, 0, most_jobs, true,
     "below this many decisions the deny rate says nothing"},
    {"unhandled_exceptions_red", &thresholds::unhandled_exceptions_red, 0, most_jobs, true,
     "red from this many unhandled exceptions"},
    {"band_a_status", &thresholds::band_a_status, 0, 0, false, "health that band A alone gives"},
    {"band_b_status", &thresholds::band_b_status, 0, 0, false, "health that band B alone gives"},
    {"band_c_status", &thresholds::band_c_status, 0, 0, false, "health that band C alone gives"},
    {"band_d_status", &thresholds::band_d_status, 0, 0, false, "health that band D alone gives"},
    {"disk_free_yellow_mib", &thresholds::disk_free_yellow_mib, 0, most_mib, false,
     "yellow below this much free space for the state directory, in MiB"},
    {"disk_free_red_mib", &thresholds::disk_free_red_mib, 0, most_mib, false, "red below this much free space, in MiB"},
    {"wal_yellow_mib", &thresholds::wal_yellow_mib, 1, most_mib, false,
     "yellow above this size of the write-ahead log, in MiB"},
    {"ledger_queue_yellow", &thresholds::ledger_queue_yellow, 1, most_queued, false,
     "yellow above this many changes waiting for the disk"},
    {"session_age_yellow_hours", &thresholds::session_age_yellow_hours, 0, most_hours, false,
     "yellow when a session runs longer than this many hours; 0 means never"},
    {"anchor_age_yellow_s", &thresholds::anchor_age_yellow_s, 0, most_seconds, false,
     "yellow when the trail has been ahead of the newest signed checkpoint for more than this many seconds; 0 means "
     "never"},
}};

void write_field(json_writer& json, const thresholds& from, const threshold_field& field) {
    json.key(field.name);
    if (const auto* integer = std::get_if<std::int64_t thresholds::*>(&field.where)) {
        json.value(from.*(*integer));
    } else if (const auto* share = std::get_if<double thresholds::*>(&field.where)) {
        json.value(from.*(*share));
    } else {
        json.value(to_text(from.*std::get<health_level thresholds::*>(field.where)));
    }
}

}  // namespace

const std::array<threshold_field, threshold_count>& threshold_fields() noexcept {
    return fields;
}

const threshold_field* find_threshold(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(fields, name, &threshold_field::name);
    return found == fields.end() ? nullptr : found;
}

health_level status_of_band(const thresholds& limits, band b) noexcept {
    switch (b) {
        case band::expansion: return limits.band_a_status;
        case band::caution: return limits.band_b_status;
        case band::stabilize: return limits.band_c_status;
        case band::survival: return limits.band_d_status;
    }
    return health_level::red;
}

std::optional<std::string> inconsistency_of(const thresholds& limits) {
    if (limits.deny_rate_red < limits.deny_rate_yellow) {
        return "deny_rate_red must not be smaller than deny_rate_yellow";
    }
    if (limits.max_failed_jobs_red < limits.max_failed_jobs_yellow) {
        return "max_failed_jobs_red must not be smaller than max_failed_jobs_yellow";
    }
    if (limits.disk_free_red_mib > limits.disk_free_yellow_mib) {
        return "disk_free_red_mib must not be larger than disk_free_yellow_mib";
    }
    return std::nullopt;
}

void write_thresholds(json_writer& json, const thresholds& limits, threshold_set which) {
    json.begin_object();
    for (const auto& field : fields) {
        if (which == threshold_set::all || field.compatible) {
            write_field(json, limits, field);
        }
    }
    json.end_object();
}

}  // namespace valhalla
