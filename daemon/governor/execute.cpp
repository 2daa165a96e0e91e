// SPDX-License-Identifier: Apache-2.0
//
// One command from beginning to end: decide, evolve, health, answer.
#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/governor.hpp"
#include "daemon/governor/health.hpp"

namespace valhalla::governor {

namespace {

/// What of the deny window the verdict speaks of. While the deny rate is green its figures are nobody's reason.
struct drift_mark {
    health_level level = health_level::green;
    std::uint32_t allowed = 0;
    std::uint32_t denied = 0;
    friend bool operator==(const drift_mark&, const drift_mark&) = default;
};

drift_mark mark_drift(const state& s) noexcept {
    const health_level level = drift_level(s.decisions, *s.limits);
    return level == health_level::green ? drift_mark{} : drift_mark{level, s.decisions.allowed(), s.decisions.denied()};
}

/// Decisions, notes and the like bear on health through the deny window alone.
bool bears_on_health(const event& e) noexcept {
    return std::holds_alternative<events::database_created>(e) || std::holds_alternative<events::cone_changed>(e) ||
           std::holds_alternative<events::health_reported>(e) || std::holds_alternative<events::health_cleared>(e) ||
           std::holds_alternative<events::thresholds_changed>(e) ||
           std::holds_alternative<events::session_started>(e) || std::holds_alternative<events::session_ended>(e) ||
           std::holds_alternative<events::imported_state>(e);
}

/// Replaces the verdict when it says something else; bytes rendered from an equal one stay good.
void refresh_health(state& s, span_point now) {
    health_verdict verdict = evaluate_health(s, now);
    if (verdict != *s.health) {
        s.health = std::make_shared<health_verdict>(std::move(verdict));
    }
    s.health_due = next_health_change(s, now).value_or(span_point::max());
}

/// Between the records of one import there are no others.
bool is_piece(const command& c) noexcept {
    const auto* const import = std::get_if<commands::import_state>(&c);
    return import != nullptr && (import->continues || import->to_come.parts + import->to_come.lines > 0);
}

/// What is not recorded: rules and measurements come with the process, not from the trail.
void adopt(state& s, const command& c) {
    if (const auto* const policy = std::get_if<commands::load_policy>(&c)) {
        s.rules = policy->rules;
    } else if (const auto* const book = std::get_if<commands::load_playbook>(&c)) {
        s.steps = book->steps;
    } else if (const auto* const tick = std::get_if<commands::tick>(&c); tick != nullptr && tick->measured) {
        s.self = *tick->measured;
    }
}

/// Carries a plan out: numbers its events, folds them, then looks at health.
class recorder {
  public:
    recorder(state& s, unix_micros now) : s_{s}, now_{now} {}

    void record(const actor& who, planned_event planned) {
        const actor& by = planned.by_daemon ? own() : who;
        records_.push_back({s_.next_seq, now_, by, planned.session, std::move(planned.what)});
        evolve(s_, records_.back());
    }

    /// At most one record of a change of status. It takes a place in the deny window itself; should that change the
    /// status once more, the next command or tick records it.
    void settle_health() {
        refresh_health(s_, s_.span_now);
        if (s_.health->status != s_.recorded_status) {
            record(own(), {events::health_changed{s_.recorded_status, *s_.health}, std::nullopt});
            refresh_health(s_, s_.span_now);
        }
    }

    [[nodiscard]] std::vector<audit_entry>& records() noexcept { return records_; }

  private:
    static const actor& own() {
        static const actor self{
            .name = "valhallad", .via = actor_via::daemon, .uid = std::nullopt, .gid = std::nullopt};
        return self;
    }

    state& s_;
    unix_micros now_;
    std::vector<audit_entry> records_;
};

/// Makes the answer from the state after the command; `records` are those of the command, without health's.
class answering {
  public:
    answering(const state& after, const std::vector<audit_entry>& records, plan& planned)
        : s_{after}, records_{records}, planned_{planned} {}

    answer operator()(const commands::start_session& /*c*/) const { return s_.sessions->latest; }
    answer operator()(const commands::end_session& /*c*/) const {
        return kept_session(std::get<events::session_ended>(records_.back().what).operator_name);
    }
    answer operator()(const commands::note_session& /*c*/) const { return kept_session(records_.back().who.name); }
    answer operator()(const commands::set_cone& /*c*/) const { return s_.current_cone; }
    answer operator()(const commands::decide& /*c*/) const {
        return answers::decision{std::move(planned_.judged).value(), records_.back().seq};
    }
    answer operator()(const commands::report_health& /*c*/) const { return answers::health{}; }
    answer operator()(const commands::clear_health& /*c*/) const { return answers::health{}; }
    answer operator()(const commands::set_thresholds& /*c*/) const { return answers::thresholds{}; }
    answer operator()(const commands::set_step& c) const {
        return answers::step{c.step_id, s_.progress->find(c.step_id)->second};
    }
    answer operator()(const commands::append_event& /*c*/) const { return answers::recorded{records_.back().seq}; }
    answer operator()(const commands::import_state& c) const {
        answers::imported done;
        done.sessions = c.to_come.sessions;
        for (const auto& part : c.parts) {
            done.sessions += part.sessions.size();
        }
        done.lines = c.lines.size() + c.to_come.lines;
        done.first = records_.front().seq;
        done.last = audit_seq{raw(records_.back().seq) + static_cast<std::int64_t>(c.to_come.parts + c.to_come.lines)};
        return done;
    }
    answer operator()(const commands::tick& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::load_policy& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::load_playbook& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::create_database& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::witness_checkpoint& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::start_epoch& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::record_unsigned& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::record_denial& /*c*/) const { return answers::nothing{}; }
    answer operator()(const commands::lock_operator& c) const {
        return lock_of(s_.locks->find(c.operator_name)->second);
    }
    answer operator()(const commands::unlock_operator& /*c*/) const {
        return lock_of(std::move(planned_.lock).value());
    }
    answer operator()(const commands::create_key& c) const { return s_.keys->find(c.id)->second; }
    answer operator()(const commands::revoke_key& /*c*/) const { return std::move(planned_.key).value(); }

  private:
    [[nodiscard]] answers::lock lock_of(operator_lock lock) const {
        const session* const active = s_.sessions->active_of(lock.operator_name);
        return {std::move(lock), active == nullptr ? std::nullopt : std::optional{active->id}};
    }
    [[nodiscard]] answers::session kept_session(const std::string& operator_name) const {
        return *s_.sessions->by_operator.find(operator_name);
    }

    const state& s_;
    const std::vector<audit_entry>& records_;
    plan& planned_;
};

}  // namespace

outcome execute(state& s, const command& c, const context& ctx) {
    const context timed{ctx.who, ctx.is_owner, std::max(ctx.now, s.last_ts), ctx.key, std::max(ctx.span, s.span_now)};
    const bool due = timed.span >= s.health_due;
    std::optional<health_verdict> fresh;
    if (due) {
        fresh = evaluate_health(s, timed.span);
    }
    decision decided = decide(s, c, timed, fresh ? *fresh : *s.health);
    if (auto* const no = std::get_if<refusal>(&decided)) {
        return {std::move(*no), {}};
    }

    s.span_now = timed.span;
    plan& planned = std::get<plan>(decided);
    const drift_mark drift_before = mark_drift(s);
    bool look = due || std::holds_alternative<commands::tick>(c);
    recorder out{s, timed.now};
    out.records().reserve(planned.events.size() + 1);
    for (planned_event& e : planned.events) {
        look = look || bears_on_health(e.what);
        out.record(timed.who, std::move(e));
    }
    adopt(s, c);
    answer reply = std::visit(answering{s, out.records(), planned}, c);
    if (is_piece(c)) {
        s.health_due = span_point::min();  // the next command looks at it
    } else if (look || mark_drift(s) != drift_before || s.health->status != s.recorded_status) {
        out.settle_health();
    }
    return {std::move(reply), std::move(out.records())};
}

}  // namespace valhalla::governor
