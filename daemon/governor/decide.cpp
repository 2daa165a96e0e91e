// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/decide.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "daemon/governor/health.hpp"
#include "daemon/governor/record_bound.hpp"
#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

/// Of a name that somebody mistyped, in a message.
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_event_name_bytes = 64;

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> out;
    out.reserve(map.size());
    for (const auto& [key, value] : map) {
        out.push_back(key);
    }
    return out;
}

/// `There is no <what> <name>. Did you mean …?`
refusal unknown(refusal_kind kind, std::string_view what, std::string_view name, std::string key,
                std::vector<std::string> nearest) {
    std::string message = join("There is no ", what, " ", plain(name, max_name_bytes), ".", did_you_mean(nearest));
    return {kind, std::move(message), std::move(key), std::move(nearest), std::nullopt};
}

decision decide_on(const state& s, const commands::set_cone& c, const context& ctx) {
    plan out;
    out.add(events::cone_changed{cone{c.to, c.reason, ctx.now, c.metrics_json}}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::decide& c, const context& ctx) {
    auto judged = judge(*s.rules, s.current_cone->in_force, c.engine, c.action);
    if (auto* const name = std::get_if<unknown_name>(&judged)) {
        const bool engine = name->what == unknown_name::what_kind::engine;
        return unknown(engine ? refusal_kind::unknown_engine : refusal_kind::unknown_action,
                       engine ? "engine" : "action", name->name, engine ? "engine" : "action",
                       std::move(name->nearest));
    }
    plan out;
    const verdict& v = out.judged.emplace(std::get<verdict>(std::move(judged)));
    out.add(events::decided{v.what}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::report_health& c, const context& ctx) {
    if (s.signals->size() >= max_health_signals && !s.signals->contains(c.source)) {
        return refusal{refusal_kind::too_many_signals,
                       join("There are ", std::to_string(max_health_signals),
                            " health signals already, which is the limit. Clear one that is no longer needed."),
                       "source",
                       {},
                       std::nullopt};
    }
    health_signal signal{.source = c.source,
                         .level = c.level,
                         .message = c.message,
                         .reported_at = ctx.now,
                         .expires_at = std::nullopt,
                         .reporter = ctx.who.name};
    if (c.ttl) {
        signal.expires_at = ctx.now + *c.ttl;
    }
    plan out;
    out.add(events::health_reported{std::move(signal)}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::clear_health& c, const context& ctx) {
    if (!s.signals->contains(c.source)) {
        return unknown(refusal_kind::unknown_signal, "health signal of", c.source, "source",
                       nearest_names(c.source, keys_of(*s.signals)));
    }
    plan out;
    out.add(events::health_cleared{c.source}, session_of(s, ctx));
    return out;
}

refusal unknown_step(const playbook& book, const std::string& id) {
    std::vector<std::string> known;
    known.reserve(book.steps.size());
    for (const playbook_step& step : book.steps) {
        known.push_back(step.id);
    }
    return unknown(refusal_kind::unknown_step, "step", id, "step_id", nearest_names(id, known));
}

decision decide_on(const state& s, const commands::set_step& c, const context& ctx, const health_verdict& health) {
    const playbook_step* const step = s.steps->find(c.step_id);
    if (step == nullptr) {
        return unknown_step(*s.steps, c.step_id);
    }
    if (c.override_reason && !ctx.is_owner) {
        return refusal{
            refusal_kind::owner_only, "Only an owner may override a blocked step.", "override", {}, std::nullopt};
    }
    events::step_set set{c.step_id, c.done, c.notes, std::nullopt};
    if (c.done) {  // undoing is always allowed
        if (auto why = why_blocked(*step, s.current_cone->in_force, health.status)) {
            if (!c.override_reason) {
                return refusal{refusal_kind::step_blocked,
                               join(*why, " An owner may override this with a reason."),
                               "step_id",
                               {},
                               std::nullopt};
            }
            set.override_reason = c.override_reason;
        }
    }
    plan out;
    out.add(std::move(set), session_of(s, ctx));
    return out;
}

bool is_foreign_name(std::string_view name) noexcept {
    return name.size() > 2 && name.size() <= max_event_name_bytes && name.starts_with("X_") &&
           std::all_of(name.begin() + 2, name.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '-' || c == '.';
           });
}

decision decide_on(const state& s, const commands::append_event& c, const context& ctx) {
    if (!is_foreign_name(c.name)) {
        return refusal{refusal_kind::invalid_event_name,
                       "The event's name must begin with X_ and go on with at most 62 letters, digits, _, - or .",
                       "event",
                       {},
                       std::nullopt};
    }
    plan out;
    out.add(events::foreign{c.name, c.payload_json}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::load_policy& c) {
    plan out;
    if (c.rules->sha256 != s.recorded_policy) {
        out.add(events::policy_loaded{c.rules->sha256, c.rules->source});
    }
    return out;
}

decision decide_on(const state& s, const commands::load_playbook& c) {
    plan out;
    if (c.steps->sha256 != s.recorded_playbook) {
        out.add(events::playbook_loaded{c.steps->sha256, c.steps->source});
    }
    return out;
}

decision decide_on(const state& s, const commands::create_database& c, const context& ctx) {
    if (s.next_seq != audit_seq{1}) {
        return refusal{refusal_kind::state_not_fresh, "There is a database already.", {}, {}, std::nullopt};
    }
    cone initial;
    initial.reason = initial_cone_reason;
    initial.updated_at = ctx.now;
    plan out;
    out.add(events::database_created{c.instance, std::move(initial)});
    return out;
}

template <class Event>
decision record_it(const Event& what) {
    plan out;
    out.add(what);
    return out;
}

struct dispatch {
    const state& s;
    const context& ctx;
    const health_verdict& health;

    decision operator()(const commands::start_session& c) const { return governor::decide_on(s, c, ctx, health); }
    decision operator()(const commands::set_step& c) const { return decide_on(s, c, ctx, health); }
    decision operator()(const commands::import_state& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::load_policy& c) const { return decide_on(s, c); }
    decision operator()(const commands::load_playbook& c) const { return decide_on(s, c); }
    decision operator()(const commands::witness_checkpoint& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::lock_operator& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::unlock_operator& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::create_key& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::revoke_key& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::record_denial& c) const { return governor::decide_on(s, c, ctx); }
    decision operator()(const commands::start_epoch& c) const { return record_it(c.what); }
    decision operator()(const commands::record_unsigned& c) const { return record_it(c.what); }
    decision operator()(const commands::tick& /*c*/) const { return plan{}; }
    template <class Command>
    decision operator()(const Command& c) const {
        return decide_on(s, c, ctx);
    }
};

}  // namespace

decision decide(const state& s, const command& c, const context& ctx, const health_verdict& health) {
    if (auto no = refuse_revoked(s, ctx)) {
        return *std::move(no);
    }
    if (auto no = refuse_locked(s, c, ctx)) {
        return *std::move(no);
    }
    decision made = std::visit(dispatch{s, ctx, health}, c);
    const plan* const planned = std::get_if<plan>(&made);
    if (planned != nullptr && !std::holds_alternative<commands::import_state>(c)) {
        for (const planned_event& e : planned->events) {
            if (event_bytes(e.what) > max_event_bytes) {
                return refusal{refusal_kind::record_too_large,
                               join("The audit record would be longer than ", std::to_string(max_record_bytes),
                                    " bytes. Shorten the texts; control characters and quotes count several times."),
                               {},
                               {},
                               std::nullopt};
            }
        }
    }
    return made;
}

}  // namespace valhalla::governor
