// SPDX-License-Identifier: Apache-2.0
//
// Random sequences of commands, and what must hold after each of them whatever they were. 100,000 commands by default;
// VALHALLA_PROPERTY_SEQUENCES runs that many sequences instead, VALHALLA_PROPERTY_SEED begins at that seed (a failure
// prints the one it needs).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "daemon/governor/health.hpp"
#include "daemon/governor/record_bound.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

constexpr std::uint64_t default_sequences = 500;
constexpr int commands_per_sequence = 200;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Makes commands that are mostly sensible, and contexts of few operators, so that they meet.
class dice {
  public:
    explicit dice(std::uint64_t seed) : random_{seed} {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <class T, std::size_t N>
    T pick(const T (&of)[N]) {
        return of[below(N)];
    }
    health_level level() { return pick({health_level::green, health_level::yellow, health_level::red}); }
    band any_band() { return pick({band::expansion, band::caution, band::stabilize, band::survival}); }
    std::optional<std::string> maybe_notes() {
        return one_in(2) ? std::nullopt : std::optional{std::string(below(40), one_in(9) ? '"' : 'n')};
    }
    std::optional<std::int64_t> figure(std::int64_t most) {
        return one_in(3) ? std::nullopt : std::optional{static_cast<std::int64_t>(below(std::size_t(most)))};
    }

    command next(const state& s);

    context next_context(unix_micros now) {
        const std::string name = pick<const char*>({"anna", "bert", "cora", "dora", "emil"});
        return {actor{.name = name, .via = actor_via::unix_socket, .uid = 1000, .gid = 1000}, one_in(3), now};
    }

    std::chrono::microseconds pause() {
        if (one_in(40)) {
            return std::chrono::hours{below(30)};
        }
        return std::chrono::microseconds{below(2'000'000)};
    }

  private:
    commands::set_thresholds thresholds_change();
    commands::import_state import();
    std::string source() { return pick<const char*>({"jobs.failed", "exceptions.unhandled", "backup", "a", "b", "c"}); }

    std::mt19937_64 random_;
};

commands::set_thresholds dice::thresholds_change() {
    commands::set_thresholds c;
    for (std::size_t n = below(3); n > 0; --n) {
        const threshold_field& field = threshold_fields().at(below(threshold_count));
        if (std::holds_alternative<health_level thresholds::*>(field.where)) {
            c.changes.emplace_back(field.name, level());
        } else if (std::holds_alternative<double thresholds::*>(field.where)) {
            c.changes.emplace_back(field.name, static_cast<double>(below(120)) / 100.0);
        } else {
            c.changes.emplace_back(field.name, static_cast<std::int64_t>(below(40)));
        }
    }
    return c;
}

commands::import_state dice::import() {
    commands::import_state c;
    events::imported_state part;
    std::int64_t id = 0;
    for (std::size_t n = below(5); n > 0; --n) {
        session s;
        s.id = session_id{id += 1 + std::int64_t(below(2))};
        s.operator_name = pick<const char*>({"anna", "bert", "zoe"});
        s.active = one_in(3);
        s.started_at = test_epoch;
        part.sessions.push_back(std::move(s));
    }
    if (one_in(2)) {
        part.imported_cone = cone{any_band(), "imported", test_epoch, "{}"};
        part.progress = progress_map{{"intake_ready", {true, {}, {}, {}, {}}}};
    }
    c.parts.push_back(std::move(part));
    events::imported_line line;
    line.name = one_in(2) ? "CONE_DENY" : "CONE_ALLOW";
    line.payload_json = "{}";
    line.original_ts_text = "2026-11-22T09:08:43.000000Z";
    line.original_ts = test_epoch;
    line.line = 1;
    c.lines.assign(below(30), line);
    return c;
}

command dice::next(const state& s) {
    switch (below(20)) {
        case 0:
        case 1: return commands::start_session{maybe_notes(), one_in(2)};
        case 2: return commands::end_session{maybe_notes(), std::nullopt};
        case 3:
            return commands::end_session{
                maybe_notes(),
                session_id{static_cast<std::int64_t>(below(static_cast<std::size_t>(raw(s.next_session)) + 1))}};
        case 4: return commands::note_session{"note"};
        case 5: return commands::set_cone{any_band(), "random", R"({"n":1})"};
        case 6:
            return commands::report_health{
                source(), level(), pick<const char*>({"0", "1", "2", "many", ""}),
                one_in(2) ? std::nullopt : std::optional{std::chrono::seconds{1 + below(100)}}};
        case 7: return commands::clear_health{source()};
        case 8: return one_in(3) ? command{thresholds_change()} : command{commands::tick{}};
        case 9:
        case 10: {
            const auto& steps = s.steps->steps;
            return commands::set_step{one_in(9) ? std::string{"nonsense"} : steps[below(steps.size())].id, !one_in(3),
                                      maybe_notes(), one_in(4) ? std::optional<std::string>{"must"} : std::nullopt};
        }
        case 11: return commands::append_event{one_in(5) ? "x_wrong" : "X_RIGHT", "{}"};
        case 12: return commands::tick{self_checks{figure(2000), figure(400), figure(60'000), figure(1000)}};
        case 13: return one_in(4) ? command{import()} : command{commands::tick{}};
        default: break;
    }
    const auto& engines = s.rules->engines;
    return commands::decide{one_in(12) ? std::string{"nonsense"} : engines[below(engines.size())].name,
                            pick<const char*>({"run", "scale", "optimize", "run", "fly"})};
}

/// The worst that any single source says, found without the governor's help.
health_level worst_source(const state& s, unix_micros now) {
    health_level worst = status_of_band(*s.limits, s.current_cone->in_force);
    for (const auto& [source, signal] : *s.signals) {
        const bool stale = signal.expires_at && *signal.expires_at <= now;
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
        const auto hours = s.limits->session_age_yellow_hours;
        if (one->active && one->started_at && hours > 0 && now - *one->started_at >= std::chrono::hours{hours}) {
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
        const context ctx = dice_.next_context(w_.now);
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
        check_health(ctx.now);
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
            if (const auto [it, fresh] = frozen_.try_emplace(one->id, one->snapshot_json); !fresh) {
                must(it->second == one->snapshot_json, "a snapshot changed");
            }
        }
        // Counted from the trail: more starts than ends means two at once.
        std::map<std::string, int> running;
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

    void check_health(unix_micros now) {
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
