// SPDX-License-Identifier: Apache-2.0
//
// Start, end, note: one active session per operator, and a snapshot that is written once.
#include <string>
#include <utility>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/health.hpp"
#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

std::string words(const session& s) {
    return join("Session ", std::to_string(raw(s.id)), " of ", plain(s.operator_name, max_quoted_bytes));
}

std::string since(const session& s) {
    return s.started_at ? join(" is active since ", format_utc(*s.started_at)) : std::string{" is active"};
}

events::session_ended ending(const state& s, const session& over, const context& ctx, end_reason reason,
                             std::optional<std::string> notes = std::nullopt) {
    const auto before = s.tally->records_of(over.id);
    return {.id = over.id,
            .operator_name = over.operator_name,
            .ended_at = ctx.now,
            .notes = std::move(notes),
            .reason = reason,
            .records = before ? std::optional{*before + 1} : std::nullopt};
}

std::string snapshot_of(const cone& c, const health_verdict& health) {
    std::string out;
    json_writer json{out};
    json.begin_object().key("cone");
    write_cone(json, c);
    json.key("status");
    write_verdict(json, health);
    json.end_object();
    return out;
}

/// The health of the moment after `superseded` ended: a session that is over is nobody's reason any more.
health_verdict health_without(const state& s, const events::session_ended& superseded, const context& ctx) {
    state after = s;
    evolve(after, audit_entry{s.next_seq, ctx.now, ctx.who, superseded.id, superseded});
    return evaluate_health(after, ctx.span);
}

events::session_started starting(const state& s, const commands::start_session& c, const context& ctx,
                                 const health_verdict& health) {
    return {.id = s.next_session,
            .operator_name = ctx.who.name,
            .started_at = ctx.now,
            .cone_band = s.current_cone->in_force,
            .status = health.status,
            .notes = c.notes,
            .snapshot_json = snapshot_of(*s.current_cone, health)};
}

refusal no_active_session(const context& ctx) {
    return {
        .kind = refusal_kind::no_active_session,
        .message = join("There is no active session of ", plain(ctx.who.name, max_quoted_bytes), ". Start one first."),
        .key = {},
        .nearest = {},
        .session = std::nullopt};
}

/// The session that `id` means, or why there is none to be ended.
std::variant<const session*, refusal> session_to_end(const state& s, session_id id, const context& ctx) {
    const auto refuse = [id](refusal_kind kind, std::string message) {
        return refusal{kind, std::move(message), "id", {}, id};
    };
    const std::string number = std::to_string(raw(id));
    const session* const found = s.sessions->find(id);
    if (found == nullptr) {
        // Sessions that are not kept here are over: each operator's active one is kept.
        return raw(id) >= 1 && id < s.next_session
                   ? refuse(refusal_kind::session_ended, join("Session ", number, " has already ended."))
                   : refuse(refusal_kind::unknown_session, join("There is no session ", number, "."));
    }
    if (!found->active) {
        return refuse(refusal_kind::session_ended,
                      join(words(*found), " has already ended",
                           found->ended_at ? join(" at ", format_utc(*found->ended_at)) : std::string{}, "."));
    }
    if (found->operator_name != ctx.who.name && !ctx.is_owner) {
        return refuse(refusal_kind::not_your_session,
                      join(words(*found), " is not yours: only an owner may end the session of another operator."));
    }
    return found;
}

}  // namespace

std::optional<session_id> session_of(const state& s, const context& ctx) {
    const session* const active = s.sessions->active_of(ctx.who.name);
    return active == nullptr ? std::nullopt : std::optional{active->id};
}

decision decide_on(const state& s, const commands::start_session& c, const context& ctx, const health_verdict& health) {
    plan out;
    const session* const running = s.sessions->active_of(ctx.who.name);
    if (running == nullptr) {
        out.add(starting(s, c, ctx, health), s.next_session);
        return out;
    }
    if (!c.supersede) {
        return refusal{refusal_kind::session_active,
                       join(words(*running), since(*running),
                            R"(. End it first, or start with "if_active": "supersede" to end it in the same step.)"),
                       "if_active",
                       {},
                       running->id};
    }
    const events::session_ended over = ending(s, *running, ctx, end_reason::superseded);
    const health_verdict after = health_without(s, over, ctx);
    out.add(over, running->id);
    out.add(starting(s, c, ctx, after), s.next_session);
    return out;
}

decision decide_on(const state& s, const commands::end_session& c, const context& ctx) {
    const session* ended = s.sessions->active_of(ctx.who.name);
    if (c.id) {
        auto named = session_to_end(s, *c.id, ctx);
        if (auto* const no = std::get_if<refusal>(&named)) {
            return std::move(*no);
        }
        ended = std::get<const session*>(named);
    }
    if (ended == nullptr) {
        return no_active_session(ctx);
    }
    const bool own = ended->operator_name == ctx.who.name;
    plan out;
    out.add(ending(s, *ended, ctx, own ? end_reason::ended : end_reason::by_owner, c.notes), ended->id);
    return out;
}

decision decide_on(const state& s, const commands::note_session& c, const context& ctx) {
    const session* const active = s.sessions->active_of(ctx.who.name);
    if (active == nullptr) {
        return no_active_session(ctx);
    }
    plan out;
    out.add(events::session_noted{active->id, c.text}, active->id);
    return out;
}

}  // namespace valhalla::governor
