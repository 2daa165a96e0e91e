// SPDX-License-Identifier: Apache-2.0
//
// audit.*: the trail.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// Names of other programs' events: `X_` and then letters, digits, `_`, `-` and `.`.
[[nodiscard]] constexpr bool is_foreign_event_name(std::string_view text) noexcept {
    if (text.size() < 3 || !text.starts_with("X_")) {
        return false;
    }
    for (const char c : text) {
        const bool fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                          c == '-' || c == '.';
        if (!fits) {
            return false;
        }
    }
    return true;
}

struct audit_append {
    static constexpr std::string_view name = "audit.append";
    static constexpr std::string_view summary = "Records an event of another program.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string event;
        std::string payload_json;
    };
    static constexpr auto fields = std::tuple{
        text("event", &params::event,
             {.min_bytes = 3,
              .max_bytes = max_event_name_bytes,
              .form = is_foreign_event_name,
              .form_words = "`X_` and then letters, digits, `_`, `-` or `.`"},
             "Its name, which begins with `X_`."),
        object("payload", &params::payload_json, {.max_bytes = max_payload_bytes}, "What happened."),
    };
};

struct audit_list {
    static constexpr std::string_view name = "audit.list";
    static constexpr std::string_view summary =
        "Records of the trail in pages: newest first, or oldest first when `after` is given.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::optional<std::string> event;
        std::optional<std::int64_t> session;
        std::optional<std::string> actor;
        std::optional<wire_time> since;
        std::optional<wire_time> until;
        std::optional<std::int64_t> after;
        std::optional<std::int64_t> before;
        std::int64_t limit = default_page;
    };
    static constexpr auto fields = std::tuple{
        text("event", &params::event, name_rules, "Only records of this event."),
        integer("session", &params::session, id_rules, "Only records that belong to this session."),
        text("actor", &params::actor, name_rules, "Only records caused by this user."),
        time("since", &params::since, "Only records at or after this time."),
        time("until", &params::until, "Only records before this time."),
        integer("after", &params::after, {.minimum = 0}, "Only records with a greater seq; oldest first."),
        integer("before", &params::before, id_rules, "Only records with a smaller seq."),
        defaulted(integer("limit", &params::limit, page_rules, "Most items in the answer.")),
    };
};

}  // namespace valhalla::ipc::api
