// SPDX-License-Identifier: Apache-2.0
//
// Taking in what another program left. Only a state in which nobody has worked yet takes it: an import never
// overwrites.
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/record_bound.hpp"
#include "daemon/governor/sentence.hpp"
#include "schema/model/exact_integer.hpp"

namespace valhalla::governor {

namespace {

/// What is there already, as an end of "Importing needs a fresh state, and ".
std::optional<std::string> why_not_fresh(const state& s) {
    if (s.imported) {
        return "this one has taken an import already";
    }
    if (s.next_session != session_id{1} || !s.sessions->by_operator.empty()) {
        return "sessions have been started in this one";
    }
    if (s.current_cone->in_force != cone{}.in_force || s.current_cone->reason != initial_cone_reason) {
        return "the cone has been set in this one";
    }
    if (!s.progress->empty()) {
        return "steps of the playbook have been set in this one";
    }
    if (*s.limits != thresholds{}) {
        return "thresholds have been changed in this one";
    }
    return std::nullopt;
}

refusal refuse(refusal_kind kind, std::string message) {
    return {.kind = kind, .message = std::move(message), .key = {}, .nearest = {}, .session = std::nullopt};
}

/// Of the clock that an active session was started by, ahead of ours: more is no clock's error.
constexpr std::chrono::hours clock_tolerance{24};

/// Ids must rise and leave room for those that follow; an operator has one active session at most, and it has begun.
std::optional<refusal> contradiction(const state& before, const commands::import_state& c, unix_micros now) {
    session_id last{raw(before.next_session) - 1};
    std::set<std::string> active;
    for (const auto& part : c.parts) {
        for (const session& s : part.sessions) {
            const std::string id = std::to_string(raw(s.id));
            if (s.id <= last) {
                return refuse(refusal_kind::import_refused,
                              join("Session ", id, " follows session ", std::to_string(raw(last)),
                                   ": ids begin at 1 and must rise."));
            }
            if (raw(s.id) > largest_exact_integer) {
                return refuse(refusal_kind::import_refused,
                              join("Session ", id, ": ids go up to ", std::to_string(largest_exact_integer), "."));
            }
            last = s.id;
            if (s.active && s.started_at && *s.started_at > now + clock_tolerance) {
                return refuse(refusal_kind::import_refused,
                              join("Session ", id, " of ", plain(s.operator_name, 120), " is active, but starts ",
                                   format_utc(*s.started_at), ", more than a day from now."));
            }
            if (s.active &&
                (before.sessions->active_of(s.operator_name) != nullptr || !active.insert(s.operator_name).second)) {
                return refuse(refusal_kind::import_refused,
                              join("Session ", id, " is a second active session of ", plain(s.operator_name, 120),
                                   "; an operator has one at most."));
            }
        }
        const auto wrong = part.imported_thresholds ? inconsistency_of(*part.imported_thresholds) : std::nullopt;
        if (wrong) {
            return refuse(refusal_kind::import_refused, join("thresholds: ", *wrong, "."));
        }
    }
    return std::nullopt;
}

std::optional<refusal> too_long(const commands::import_state& c) {
    for (const auto& line : c.lines) {
        if (event_bytes(line) > max_event_bytes) {
            return refuse(refusal_kind::record_too_large,
                          join("Line ", std::to_string(line.line),
                               " of the audit log is too long to be kept: a record has at most ",
                               std::to_string(max_record_bytes), " bytes."));
        }
    }
    return std::nullopt;
}

}  // namespace

decision decide_on(const state& s, const commands::import_state& c, const context& ctx) {
    if (c.continues && !s.imported) {
        return refuse(refusal_kind::import_refused, "A further piece of an import follows its first one.");
    }
    if (const auto why = c.continues ? std::nullopt : why_not_fresh(s)) {
        return refuse(refusal_kind::state_not_fresh, join("Importing needs a fresh state, and ", *why,
                                                          ". Start the daemon on an empty state directory for it."));
    }
    if (auto wrong = contradiction(s, c, ctx.now)) {
        return std::move(*wrong);
    }
    if (auto wrong = too_long(c)) {
        return std::move(*wrong);
    }
    // Imported records name no session: they tell of another program's past, not of the importer's work.
    plan out;
    out.events.reserve(c.parts.size() + c.lines.size() + 1);
    for (const auto& part : c.parts) {
        out.add(part);
    }
    if (c.parts.empty() && !c.continues) {
        out.add(events::imported_state{});  // every import leaves an IMPORT record
    }
    for (const auto& line : c.lines) {
        out.add(line);
    }
    return out;
}

}  // namespace valhalla::governor
