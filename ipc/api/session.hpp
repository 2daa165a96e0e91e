// SPDX-License-Identifier: Apache-2.0
//
// session.*: work sessions.
#pragma once

#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// What `session.start` does when the caller already has an active session.
enum class if_active : std::uint8_t { refuse = 0, supersede = 1 };
inline constexpr std::array<std::string_view, 2> if_active_words{"refuse", "supersede"};

struct session_start {
    static constexpr std::string_view name = "session.start";
    static constexpr std::string_view summary =
        "Starts a work session of the caller and freezes its snapshot of cone and health.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::optional<std::string> notes;
        api::if_active if_active = api::if_active::refuse;
    };
    static constexpr auto fields = std::tuple{
        text("notes", &params::notes, notes_rules, "What the session is for."),
        defaulted(word("if_active", &params::if_active, if_active_words,
                       "What to do when the caller has an active session: refuse, or end that one as superseded.")),
    };
    static constexpr const shape& result = shapes::session;
    static constexpr std::array errors{error_code::session_active};
};

struct session_end {
    static constexpr std::string_view name = "session.end";
    static constexpr std::string_view summary = "Ends the caller's active session; an owner may end any by its id.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::optional<std::string> notes;
        std::optional<std::int64_t> id;
    };
    static constexpr auto fields = std::tuple{
        text("notes", &params::notes, notes_rules, "What came of the session."),
        integer("id", &params::id, id_rules, "The session to end; without it the caller's own."),
    };
    static constexpr const shape& result = shapes::session;
    static constexpr std::array errors{error_code::no_active_session, error_code::unknown_session,
                                       error_code::session_ended};
};

struct session_note {
    static constexpr std::string_view name = "session.note";
    static constexpr std::string_view summary = "Adds a remark to the caller's active session.";
    static constexpr effect kind = effect::change;
    static constexpr role needs = role::operator_;
    struct params {
        std::string text;
    };
    static constexpr auto fields = std::tuple{
        text("text", &params::text, {.min_bytes = 1, .max_bytes = max_notes_bytes}, "The remark."),
    };
    static constexpr const shape& result = shapes::session;
    static constexpr std::array errors{error_code::no_active_session};
};

struct session_status {
    static constexpr std::string_view name = "session.status";
    static constexpr std::string_view summary = "The operator's active session, else their latest, else one of nulls.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    struct params {
        std::optional<std::string> operator_name;
    };
    static constexpr auto fields = std::tuple{
        text("operator", &params::operator_name, name_rules, "Whose session; without it the caller's."),
    };
    static constexpr const shape& result = shapes::session_or_none;
    static constexpr std::array<error_code, 0> errors{};
};

struct session_list {
    static constexpr std::string_view name = "session.list";
    static constexpr std::string_view summary =
        "Sessions, newest first, in pages; long texts make them shorter than `limit`.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::optional<std::string> operator_name;
        std::optional<wire_time> since;
        std::optional<wire_time> until;
        std::optional<bool> active;
        std::int64_t limit = default_page;
        std::optional<std::string> cursor;
    };
    static constexpr auto fields = std::tuple{
        text("operator", &params::operator_name, name_rules, "Only sessions of this operator."),
        time("since", &params::since, "Only sessions started at or after this time."),
        time("until", &params::until, "Only sessions started before this time."),
        flag("active", &params::active, "Only active sessions, or only ended ones."),
        defaulted(integer("limit", &params::limit, page_rules, "Most items in the answer.")),
        text("cursor", &params::cursor, cursor_rules, "`next_cursor` of the page before."),
    };
    static constexpr std::array result{
        array_of(of("items", shapes::session, "The sessions of the page.")),
        nullable(text("next_cursor", "`cursor` of the next page; null at the end.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct session_get {
    static constexpr std::string_view name = "session.get";
    static constexpr std::string_view summary = "One session and what happened in it.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::int64_t id = 0;
    };
    static constexpr auto fields = std::tuple{
        integer("id", &params::id, id_rules, "The session's number."),
    };
    static constexpr auto result =
        joined(shapes::session_members, std::array{
                                            of("story", shapes::story, "What happened in it."),
                                        });
    static constexpr std::array errors{error_code::unknown_session};
};

}  // namespace valhalla::ipc::api
