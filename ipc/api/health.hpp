// SPDX-License-Identifier: Apache-2.0
//
// health.*: the status, and the signals that it follows from.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/thresholds.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

inline constexpr text_rules source_rules{.min_bytes = 1,
                                         .max_bytes = max_source_bytes,
                                         .form = is_one_line,
                                         .form_words = "one line without control characters"};
inline constexpr std::int64_t max_ttl_s = 31'536'000;  // a year

namespace shapes {

inline constexpr std::array signal_members{
    text("source", "Who reported."),
    word("level", level_words, "How it is."),
    text("message", "A sentence; of `jobs.failed` and `exceptions.unhandled` the number, which the thresholds judge."),
    time("reported_at_utc", "When."),
    nullable(time("expires_at_utc", "When the report is stale; null: never.")),
    text("reporter", "The user who reported."),
};
inline constexpr shape signal{"signal", "What a source reported last.", signal_members};

inline constexpr std::array job_members{nullable(integer("failed", "How many failed; null where nobody reported."))};
inline constexpr shape jobs{"jobs", "What `jobs.failed` reported.", job_members};

inline constexpr std::array exception_members{
    nullable(integer("unhandled", "How many were not handled; null where nobody reported.")),
};
inline constexpr shape exceptions{"exceptions", "What `exceptions.unhandled` reported.", exception_members};

inline constexpr std::array decision_stats_members{
    integer("window", "How many of the newest audit records are looked at for decisions."),
    integer("allowed", "How many decisions among them were allowed."),
    integer("denied", "How many decisions among them were denied."),
    integer("decisions", "How many decisions are among them."),
    real("deny_rate", {.minimum = 0, .maximum = 1}, "The share of denied decisions."),
};
inline constexpr shape decision_stats{"decision_stats", "How the latest decisions went.", decision_stats_members};

inline constexpr std::array self_members{
    nullable(integer("disk_free_mib", "Free space for the state directory, in MiB.")),
    nullable(integer("wal_mib", "Size of the write-ahead log, in MiB.")),
    nullable(integer("ledger_queue", "Changes that wait for the disk.")),
    nullable(integer("anchor_age_s",
                     "How long the trail has been ahead of the newest signed checkpoint, in seconds; 0: it is not.")),
};
inline constexpr shape self{"self", "What the daemon measured of itself; null: not yet.", self_members};

inline constexpr auto health_members = joined(  //
    verdict_members, std::array{
                         of("cone", cone, "The cone in force."),
                         array_of(of("signals", signal, "What was reported, by source.")),
                         of("jobs", jobs, "Failed jobs."),
                         of("exceptions", exceptions, "Unhandled exceptions."),
                         of("decision_stats", decision_stats, "How the latest decisions went."),
                         of("self", self, "What the daemon measured of itself."),
                         of("thresholds", thresholds, "The thresholds that all this is held against."),
                     });
inline constexpr shape health{"health", "The health status, its reasons, and the figures behind it.", health_members};

}  // namespace shapes

struct health_status {
    static constexpr std::string_view name = "health.status";
    static constexpr std::string_view summary = "The health status, its reasons, and the figures behind it.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr const shape& result = shapes::health;
    static constexpr std::array<error_code, 0> errors{};
};

struct health_report {
    static constexpr std::string_view name = "health.report";
    static constexpr std::string_view summary = "Reports the health of one source; replaces what it reported before.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string source;
        api::level level{};
        std::string message;
        std::optional<std::int64_t> ttl_s;
    };
    static constexpr auto fields = std::tuple{
        text("source", &params::source, source_rules, "Who reports, e.g. `jobs.failed`."),
        word("level", &params::level, level_words,
             "How it is; not looked at when `jobs.failed` or `exceptions.unhandled` report a number."),
        defaulted(
            text("message", &params::message, {.max_bytes = max_message_bytes},
                 "A sentence; of `jobs.failed` and `exceptions.unhandled` the number, which the thresholds judge.")),
        integer("ttl_s", &params::ttl_s, {.minimum = 1, .maximum = max_ttl_s},
                "Seconds after which the report is stale and counts as yellow; without it, never."),
    };
    static constexpr const shape& result = shapes::health;
    static constexpr std::array errors{error_code::too_many_signals};
};

struct health_clear {
    static constexpr std::string_view name = "health.clear";
    static constexpr std::string_view summary = "Forgets what a source reported.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string source;
    };
    static constexpr auto fields = std::tuple{
        text("source", &params::source, source_rules, "Whose report."),
    };
    static constexpr const shape& result = shapes::health;
    static constexpr std::array errors{error_code::unknown_signal};
};

}  // namespace valhalla::ipc::api
