// SPDX-License-Identifier: Apache-2.0
//
// Locks of operators, keys of programs, and what was denied. That owners alone may lock and make keys is the wire's
// check, as for every method.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

constexpr std::size_t max_said_name_bytes = 64;
constexpr std::size_t max_said_reason_bytes = 256;

/// What brings something to its end; and what the daemon records of somebody, which is none of his doing.
template <class Command>
constexpr bool goes_on_while_locked =
    std::is_same_v<Command, commands::end_session> || std::is_same_v<Command, commands::note_session> ||
    std::is_same_v<Command, commands::unlock_operator> || std::is_same_v<Command, commands::record_denial>;

/// The lock that holds him now, or null.
const operator_lock* lock_of(const state& s, std::string_view operator_name, span_point now) {
    const auto found = s.locks->find(operator_name);
    return found != s.locks->end() && found->second.holds_at(now) ? &found->second : nullptr;
}

constexpr std::string_view uid_prefix = "uid:";

/// The lock that holds an actor: by name, or by the uid that they have whatever they are called.
const operator_lock* lock_of(const state& s, const actor& who, span_point now) {
    const auto* const by_name = lock_of(s, who.name, now);
    return by_name != nullptr || !who.uid ? by_name : lock_of(s, join(uid_prefix, std::to_string(*who.uid)), now);
}

/// The lock that came with this one and holds the same person by their other name, or null. Both are of one record
/// time, one owner and one reason, and one of them is about a uid. Where the other name is not known, it has to be the
/// only one of that kind.
const operator_lock* partner_of(const state& s, const operator_lock& one, const std::optional<std::string>& other_name,
                                span_point now) {
    const auto is_partner = [&](const auto& entry) {
        const operator_lock& other = entry.second;
        return other.since == one.since && other.locked_by == one.locked_by && other.reason == one.reason &&
               other.until == one.until && other.holds_at(now) && (!other_name || *other_name == other.operator_name) &&
               other.operator_name.starts_with(uid_prefix) != one.operator_name.starts_with(uid_prefix);
    };
    const auto found = std::ranges::find_if(*s.locks, is_partner);
    const bool only_one = found != s.locks->end() && std::none_of(std::next(found), s.locks->end(), is_partner);
    return only_one ? &found->second : nullptr;
}

refusal refuse(refusal_kind kind, std::string message, std::string key, std::vector<std::string> nearest = {}) {
    return {kind, std::move(message), std::move(key), std::move(nearest), std::nullopt};
}

template <class Map, class Holds>
std::vector<std::string> names_in(const Map& map, const Holds& holds) {
    std::vector<std::string> names;
    for (const auto& [name, one] : map) {
        if (holds(one)) {
            names.push_back(name);
        }
    }
    return names;
}

/// With a new lock all those go that have run out by the times of the records, which is how a replay knows them. Where
/// the wall clock was set meanwhile, that is not when their spans end: what still holds is recorded anew with the rest
/// of its span, what does not is lifted.
void align_locks(const state& s, const commands::lock_operator& c, const context& ctx, plan& out) {
    for (const auto& [name, lock] : *s.locks) {
        const bool holds = lock.holds_at(ctx.span);
        if (name == c.operator_name || name == c.also || holds == lock.recorded_as_holding_at(ctx.now)) {
            continue;
        }
        if (!holds) {
            out.add_own(events::operator_unlocked{name, "its time is over; the clock of the system was set back"});
            continue;
        }
        operator_lock rest = lock;
        rest.since = ctx.now;
        rest.until = ctx.now + (*lock.runs_out.at - ctx.span);
        rest.locked_by = "valhallad";
        out.add_own(events::operator_locked{std::move(rest)});
    }
}

}  // namespace

std::optional<refusal> refuse_revoked(const state& s, const context& ctx) {
    if (ctx.key.empty() || s.keys->contains(ctx.key)) {
        return std::nullopt;
    }
    return refuse(refusal_kind::key_revoked,
                  join("The key of ", plain(ctx.who.name, max_said_name_bytes),
                       " was revoked before the request was carried out. Nothing was done."),
                  {});
}

std::optional<refusal> refuse_locked(const state& s, const command& c, const context& ctx) {
    if (s.locks->empty() || ctx.who.via == actor_via::daemon ||
        std::visit([](const auto& any) { return goes_on_while_locked<std::decay_t<decltype(any)>>; }, c)) {
        return std::nullopt;
    }
    const auto* const lock = lock_of(s, ctx.who, ctx.span);
    if (lock == nullptr) {
        return std::nullopt;
    }
    refusal no = refuse(
        refusal_kind::operator_locked,
        join(plain(lock->operator_name, max_said_name_bytes), " is locked since ", format_utc(lock->since), " by ",
             plain(lock->locked_by, max_said_name_bytes), ": ", plain(lock->reason, max_said_reason_bytes), ". ",
             lock->until ? join("It holds until ", format_utc(*lock->until), "; an owner can lift it before.")
                         : std::string{"An owner can lift it."},
             " Until then a running session can be ended and noted in, and nothing new begins."),
        {});
    no.lock = *lock;
    return no;
}

decision decide_on(const state& s, const commands::lock_operator& c, const context& ctx) {
    const auto holding = std::ranges::count_if(*s.locks, [&](const auto& entry) {
        return entry.first != c.operator_name && entry.first != c.also && entry.second.holds_at(ctx.span);
    });
    if (static_cast<std::size_t>(holding) + (c.also ? 1U : 0U) >= max_locks) {
        return refuse(refusal_kind::too_many_locks,
                      join("There are ", std::to_string(max_locks),
                           " locked operators already, which is the limit. Unlock one that no longer needs it."),
                      "operator");
    }
    operator_lock lock{.operator_name = c.operator_name,
                       .reason = c.reason,
                       .since = ctx.now,
                       .until = std::nullopt,
                       .locked_by = ctx.who.name};
    if (c.ttl) {
        lock.until = ctx.now + *c.ttl;
    }
    plan out;
    align_locks(s, c, ctx, out);
    out.add(events::operator_locked{lock}, session_of(s, ctx));
    if (c.also) {
        lock.operator_name = *c.also;
        out.add(events::operator_locked{std::move(lock)}, session_of(s, ctx));
    }
    return out;
}

decision decide_on(const state& s, const commands::unlock_operator& c, const context& ctx) {
    const auto* const lock = lock_of(s, c.operator_name, ctx.span);
    if (lock == nullptr) {
        auto nearest =
            nearest_names(c.operator_name, names_in(*s.locks, [&](const auto& l) { return l.holds_at(ctx.span); }));
        auto message =
            join(plain(c.operator_name, max_said_name_bytes), " is not locked, or no more.", did_you_mean(nearest));
        return refuse(refusal_kind::not_locked, std::move(message), "operator", std::move(nearest));
    }
    plan out;
    out.lock = *lock;
    out.add(events::operator_unlocked{c.operator_name, c.reason}, session_of(s, ctx));
    if (const auto* const partner = partner_of(s, *lock, c.also, ctx.span)) {
        out.add(events::operator_unlocked{partner->operator_name, c.reason}, session_of(s, ctx));
    }
    return out;
}

decision decide_on(const state& s, const commands::create_key& c, const context& ctx) {
    if (s.keys->size() >= max_keys) {
        return refuse(refusal_kind::too_many_keys,
                      join("There are ", std::to_string(max_keys),
                           " keys already, which is the limit. Revoke one that has expired or is no longer needed."),
                      "name");
    }
    if (s.keys->contains(c.id)) {  // as likely as to guess it
        return refuse(refusal_kind::too_many_keys, "The number that was drawn for the key is taken. Try again.", {});
    }
    api_key key{.id = c.id,
                .name = c.name,
                .role = c.role,
                .hash = c.hash,
                .created_at = ctx.now,
                .created_by = ctx.who.name,
                .expires_at = std::nullopt};
    if (c.ttl) {
        key.expires_at = ctx.now + *c.ttl;
    }
    plan out;
    out.add(events::key_created{std::move(key)}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::revoke_key& c, const context& ctx) {
    const auto found = s.keys->find(c.id);
    if (found == s.keys->end()) {
        auto nearest = nearest_names(c.id, names_in(*s.keys, [](const auto&) { return true; }));
        auto message = join("There is no key ", plain(c.id, max_said_name_bytes),
                            ", or it was revoked before. key.list shows which there are.", did_you_mean(nearest));
        return refuse(refusal_kind::unknown_key, std::move(message), "id", std::move(nearest));
    }
    plan out;
    out.key = found->second;
    out.add(events::key_revoked{c.id, found->second.name, c.reason}, session_of(s, ctx));
    return out;
}

decision decide_on(const state& s, const commands::record_denial& c, const context& ctx) {
    plan out;
    out.add(c.what, session_of(s, ctx));
    return out;
}

}  // namespace valhalla::governor
