// SPDX-License-Identifier: Apache-2.0
//
// Random sequences of commands, and what must hold after each of them whatever they were. 100,000 commands by default;
// VALHALLA_PROPERTY_SEQUENCES runs that many sequences instead, VALHALLA_PROPERTY_SEED begins at that seed (a failure
// prints the one it needs).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/governor/health.hpp"
#include "daemon/governor/record_bound.hpp"
#include "tests/daemon/governor/dice.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

constexpr std::uint64_t default_sequences = 500;
constexpr int commands_per_sequence = 200;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The worst that any single source says, found without the governor's help.
health_level worst_source(const state& s, span_point now) {
    health_level worst = status_of_band(*s.limits, s.current_cone->in_force);
    for (const auto& [source, signal] : *s.signals) {
        const bool stale = signal.expires_at && *signal.goes_stale.at <= now;
        const bool counts = (source == "jobs.failed" || source == "exceptions.unhandled") && !signal.message.empty() &&
                            signal.message.find_first_not_of("0123456789") == std::string::npos;
        health_level said = signal.level;
        if (stale) {
            said = health_level::yellow;
        } else if (counts && source == "jobs.failed") {
            const std::int64_t n = std::stoll(signal.message);
            said = n > s.limits->max_failed_jobs_red      ? health_level::red
                   : n > s.limits->max_failed_jobs_yellow ? health_level::yellow
                                                          : health_level::green;
        } else if (counts) {
            said = std::stoll(signal.message) >= s.limits->unhandled_exceptions_red ? health_level::red
                                                                                    : health_level::green;
        }
        worst = std::max(worst, said);
    }
    const auto decisions = s.decisions.decisions();
    if (decisions > 0 && decisions >= s.limits->min_decisions_for_drift) {
        const double rate = static_cast<double>(s.decisions.denied()) / static_cast<double>(decisions);
        worst = std::max(worst, rate >= s.limits->deny_rate_red      ? health_level::red
                                : rate >= s.limits->deny_rate_yellow ? health_level::yellow
                                                                     : health_level::green);
    }
    for (const auto& [name, one] : s.sessions->by_operator) {
        const auto limit = s.limits->session_age_yellow_hours;
        if (one->active && one->began.at && limit > 0 && now - *one->began.at >= std::chrono::hours{limit}) {
            worst = std::max(worst, health_level::yellow);
        }
    }
    if (s.self.disk_free_mib && *s.self.disk_free_mib < s.limits->disk_free_red_mib) {
        worst = health_level::red;
    }
    const bool own_yellow = (s.self.disk_free_mib && *s.self.disk_free_mib < s.limits->disk_free_yellow_mib) ||
                            (s.self.wal_mib && *s.self.wal_mib > s.limits->wal_yellow_mib) ||
                            (s.self.ledger_queue && *s.self.ledger_queue > s.limits->ledger_queue_yellow) ||
                            (s.self.anchor_age_s && s.limits->anchor_age_yellow_s > 0 &&
                             *s.self.anchor_age_s > s.limits->anchor_age_yellow_s);
    return own_yellow ? std::max(worst, health_level::yellow) : worst;
}

/// What was once frozen, by session.
using snapshots = std::map<session_id, std::string>;

/// One random life of a state, checked at every step.
class life {
  public:
    explicit life(std::uint64_t seed) : dice_{seed} {}

    void live() {
        for (int i = 0; i < commands_per_sequence; ++i) {
            step();
        }
        check_replay();
    }

  private:
    void step() {
        w_.now += dice_.pause();
        if (dice_.one_in(50)) {  // somebody sets the wall clock
            w_.set_by = std::chrono::hours{dice_.one_in(2) ? 0 : static_cast<int>(dice_.below(2'000)) - 1'000};
        }
        context ctx = dice_.next_context(w_.now + w_.set_by);
        ctx.span = span_of(w_.now);
        const command c = dice_.next(w_.s);
        const state before = w_.s;
        const audit_seq first = w_.s.next_seq;
        const outcome out = w_.run(c, ctx);
        if (out.refused()) {
            must(same_records(before, w_.s) && before.health == w_.s.health && out.records.empty(),
                 "a refusal changed something");
            return;
        }
        check_records(out, first);
        check_sessions();
        check_health(ctx.span);
        check_locks(c, ctx);
        check_copy(before);
    }

    /// Gapless, in time, and each fits.
    void check_records(const outcome& out, audit_seq first) {
        for (const audit_entry& entry : out.records) {
            must(entry.seq == first, "a gap in the sequence");
            first = next(first);
            std::string line;
            encode_record(entry, line);
            must(line.size() <= max_record_bytes, "a record is too long");
            must(line.size() <= event_bytes(entry.what) + record_frame_bytes, "the bound of a record is too low");
        }
        must(w_.s.next_seq == first, "the state does not follow its records");
    }

    void check_sessions() {
        for (const auto& [name, one] : w_.s.sessions->by_operator) {
            must(name == one->operator_name, "a session under another's name");
            must(w_.s.sessions->find(one->id) == one.get(), "a session under another's number");
            must(w_.s.sessions->active_of(name) == (one->active ? one.get() : nullptr), "active, or not, is mistaken");
            if (const auto [it, fresh] = frozen_.try_emplace(one->id, one->snapshot_json); !fresh) {
                must(it->second == one->snapshot_json, "a snapshot changed");
            }
        }
        // Counted from the trail: more starts than ends means two at once.
        const auto& latest = w_.s.sessions->latest;
        must(!latest || latest->id < w_.s.next_session, "the latest session has a number that is still to come");
        for (std::size_t i = counted_; i < w_.trail.size(); ++i) {
            count(w_.trail[i].what);
        }
        counted_ = w_.trail.size();
        for (const auto& [name, active] : active_) {
            must(active == 0 || active == 1, "two active sessions of one operator");
            must((w_.s.sessions->active_of(name) != nullptr) == (active == 1), "the book does not know who is active");
        }
    }

    void count(const event& e) {
        if (const auto* const start = std::get_if<events::session_started>(&e)) {
            ++active_[start->operator_name];
        } else if (const auto* const end = std::get_if<events::session_ended>(&e)) {
            --active_[end->operator_name];
        } else if (const auto* const import = std::get_if<events::imported_state>(&e)) {
            for (const session& s : import->sessions) {
                active_[s.operator_name] += s.active ? 1 : 0;
            }
        }
    }

    /// Whatever the wall clock does, a lock holds for as long as it was asked for.
    void check_locks(const command& c, const context& ctx) {
        if (const auto* const lock = std::get_if<commands::lock_operator>(&c)) {
            locked_until_[lock->operator_name] = lock->ttl ? ctx.span + *lock->ttl : span_point::max();
        } else if (const auto* const unlock = std::get_if<commands::unlock_operator>(&c)) {
            locked_until_.erase(unlock->operator_name);
        }
        for (const auto& [name, until] : locked_until_) {
            const auto found = w_.s.locks->find(name);
            const bool holds = found != w_.s.locks->end() && found->second.holds_at(ctx.span);
            must(holds == (ctx.span < until), "a lock fell early, or stays");
        }
    }

    void check_health(span_point now) {
        const health_level worst = worst_source(w_.s, now);
        must(w_.s.health->status >= worst, "the status is better than its worst source");
        must(w_.s.health->status == worst, "the status is worse than its worst source");
        must(*w_.s.health == evaluate_health(w_.s, now), "the verdict is not that of the moment");
        must(w_.s.health->reasons.empty() == (worst == health_level::green),
             "reasons without a cause, or none with one");
    }

    /// A copy that somebody else holds stays as it was; it is compared with what a replay made of the same records.
    void check_copy(const state& before) {
        if (w_.trail.size() % 64 == 0) {
            must(same_records(before, replay(static_cast<std::size_t>(raw(before.next_seq)) - 1)),
                 "a copy was changed behind its holder's back");
        }
    }

    [[nodiscard]] state replay(std::size_t records) const {
        state out;
        for (std::size_t i = 0; i < records; ++i) {
            evolve(out, w_.trail[i]);
        }
        return out;
    }

    /// Through the bytes of the trail, as a verifier does it.
    void check_replay() {
        state out;
        for (const audit_entry& entry : w_.trail) {
            std::string line;
            encode_record(entry, line);
            const decoded_record read = decode_record(line);
            must(std::holds_alternative<audit_entry>(read), "a record cannot be read back");
            evolve(out, std::get<audit_entry>(read));
        }
        must(same_records(out, w_.s), "the replay of the trail gives another state");
    }

    static void must(bool holds, const char* what) {
        if (!holds) {
            BOOST_FAIL(what);
        }
    }

    dice dice_;
    world w_;
    snapshots frozen_;
    std::map<std::string, int> active_;
    std::map<std::string, span_point> locked_until_;
    std::size_t counted_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(the_invariants_hold_whatever_is_asked) {
    const std::uint64_t first = from_environment("VALHALLA_PROPERTY_SEED", 1);
    const std::uint64_t sequences = from_environment("VALHALLA_PROPERTY_SEQUENCES", default_sequences);
    for (std::uint64_t seed = first; seed < first + sequences; ++seed) {
        BOOST_TEST_CONTEXT("VALHALLA_PROPERTY_SEED=" << seed << " VALHALLA_PROPERTY_SEQUENCES=1") {
            life{seed}.live();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
