// SPDX-License-Identifier: Apache-2.0
//
// The ledger's part that has to do with clocks: which spans are stored, what is stored of the clock, and that somebody
// looks at it.
#include <algorithm>
#include <string>
#include <variant>

#include "daemon/ledger.hpp"

namespace valhalla {

namespace {

/// Stores where the spans of a record begin and end, unless it tells that itself, and drops what ends with it. Of a
/// command with several records the state is that after all of them: what a later one took away again has no span.
struct span_keeper {
    schema::ledger_store& store;
    const governor::state& s;
    bool told;

    template <class Event>
    void operator()(const Event& /*has none*/) const {}
    void operator()(const events::health_reported& e) const {
        const auto found = s.signals->find(e.signal.source);
        keep(span_kind::signal_ends, e.signal.source,
             found == s.signals->end() ? span_mark{} : found->second.goes_stale);
    }
    void operator()(const events::health_cleared& e) const { store.drop_span(span_kind::signal_ends, e.source); }
    void operator()(const events::operator_locked& e) const {
        const auto found = s.locks->find(e.lock.operator_name);
        keep(span_kind::lock_ends, e.lock.operator_name,
             found == s.locks->end() ? span_mark{} : found->second.runs_out);
        store.drop_spans_of_gone_locks();
    }
    void operator()(const events::operator_unlocked& e) const {
        store.drop_span(span_kind::lock_ends, e.operator_name);
    }
    void operator()(const events::key_created& e) const {
        const auto found = s.keys->find(e.key.id);
        keep(span_kind::key_ends, e.key.id, found == s.keys->end() ? span_mark{} : found->second.runs_out);
    }
    void operator()(const events::key_revoked& e) const { store.drop_span(span_kind::key_ends, e.id); }
    void operator()(const events::session_started& e) const { keep_session(e.id); }
    void operator()(const events::session_ended& e) const {
        store.drop_span(span_kind::session_began, std::to_string(raw(e.id)));
    }
    void operator()(const events::imported_state& e) const {
        for (const auto& one : e.sessions) {
            keep_session(one.id);
        }
    }

  private:
    using span_kind = schema::span_kind;

    void keep(span_kind kind, const std::string& name, const span_mark& span) const {
        if (span.at && !told) {
            store.keep_span({kind, name, *span.at});
        } else {
            store.drop_span(kind, name);
        }
    }
    void keep_session(session_id id) const {
        const auto* const found = s.sessions->find(id);
        if (found != nullptr && found->active) {
            keep(span_kind::session_began, std::to_string(raw(id)), found->began);
        }
    }
};

}  // namespace

void ledger::keep_span(const audit_entry& record) {
    const bool told = std::chrono::abs(state_.span_now - span_of(record.ts)) < told_by_record;
    std::visit(span_keeper{store_, state_, told}, record.what);
}

/// A database of an older version kept them by the wall clock: what it kept in a future that did not come would stay
/// for as long as that is away.
void ledger::bound_kept_answers() {
    try {
        store_.bound_answers(hooks_.clock.span());
    } catch (const schema::storage_error& fault) {
        store_.rollback();
        if (!can_wait(fault)) {
            break_down(fault);
        }
    }
}

governor::self_checks ledger::measure() {
    auto measured = hooks_.measure();
    watch_.tell(measured.findings);
    return measured;
}

void ledger::watch_clock() {
    const auto news = watch_.look(hooks_.clock, state_.last_ts);
    figures_.trail_ahead = watch_.trail_ahead();
    figures_.clock_set = watch_.set_in_all();
    if (hooks_.on_clock && (news.set_by || news.trail_is_ahead || news.trail_caught_up)) {
        hooks_.on_clock(news);
    }
    keep_clock_now_ = keep_clock_now_ || news.was_set;  // what is stored no longer says how far both clocks are apart
}

void ledger::keep_clock_alone() {
    if (!keep_clock_now_ && hooks_.clock.span() < std::max(clock_kept_, started_) + clock_interval_alone) {
        return;
    }
    keep_clock_now_ = false;
    clock_kept_ = hooks_.clock.span();  // also when it does not succeed: not again at once
    try {
        begin_if_needed();
        store_.keep_clock(hooks_.clock.mark());
        store_.commit();
        in_transaction_ = false;
    } catch (const schema::storage_error& fault) {
        roll_back();
        if (!can_wait(fault)) {
            throw;
        }
    }
}

void ledger::bootstrap_tick() {
    watch_clock();
    bootstrap(governor::commands::tick{measure()});
}

}  // namespace valhalla
