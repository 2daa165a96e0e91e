// SPDX-License-Identifier: Apache-2.0
//
// health.*: the status, and the signals that it follows from.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

inline constexpr text_rules source_rules{.min_bytes = 1,
                                         .max_bytes = max_source_bytes,
                                         .form = is_one_line,
                                         .form_words = "one line without control characters"};
inline constexpr std::int64_t max_ttl_s = 31'536'000;  // a year

struct health_status {
    static constexpr std::string_view name = "health.status";
    static constexpr std::string_view summary = "The health status, its reasons, and the figures behind it.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
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
        word("level", &params::level, level_words, "How it is."),
        defaulted(text("message", &params::message, {.max_bytes = max_message_bytes},
                       "A sentence; for sources that count, the number.")),
        integer("ttl_s", &params::ttl_s, {.minimum = 1, .maximum = max_ttl_s},
                "Seconds after which the report is stale and counts as yellow; without it, never."),
    };
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
};

}  // namespace valhalla::ipc::api
