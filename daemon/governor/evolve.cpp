// SPDX-License-Identifier: Apache-2.0
//
// What each event means for the state. Nothing here decides or refuses: a record is a fact.
#include <algorithm>
#include <utility>

#include "daemon/governor/governor.hpp"
#include "daemon/governor/part.hpp"
#include "daemon/governor/session_book.hpp"

namespace valhalla::governor {

namespace {

template <class T>
void replace(std::shared_ptr<const T>& part, T now) {
    part = std::make_shared<T>(std::move(now));
}

class folder {
  public:
    folder(state& s, const audit_entry& entry) : s_{s}, entry_{entry} {}

    void operator()(const events::database_created& e) const {
        s_.instance = e.instance;
        replace(s_.current_cone, e.initial_cone);
    }
    void operator()(const events::policy_loaded& e) const { s_.recorded_policy = e.sha256; }
    void operator()(const events::playbook_loaded& e) const { s_.recorded_playbook = e.sha256; }

    void operator()(const events::epoch_started& /*e*/) const {}
    void operator()(const events::records_unsigned& /*e*/) const {}
    void operator()(const events::checkpoint_witnessed& e) const {
        writable(s_.witnessed).insert_or_assign(e.origin, e.tree);
    }

    void operator()(const events::session_started& e) const {
        session fresh;
        fresh.id = e.id;
        fresh.operator_name = e.operator_name;
        fresh.active = true;
        fresh.started_at = e.started_at;
        fresh.cone_band = e.cone_band;
        fresh.status = e.status;
        fresh.snapshot_json = e.snapshot_json;
        fresh.start_notes = e.notes;
        fresh.began.at = s_.span_now;
        keep(std::move(fresh));
    }
    void operator()(const events::session_ended& e) const { close_session(writable(s_.sessions), e); }
    void operator()(const events::session_noted& /*e*/) const {}

    void operator()(const events::cone_changed& e) const { replace(s_.current_cone, e.now); }
    void operator()(const events::decided& /*e*/) const {}

    void operator()(const events::health_reported& e) const {
        auto signal = e.signal;
        signal.goes_stale = end_of(signal.expires_at);
        writable(s_.signals).insert_or_assign(e.signal.source, std::move(signal));
    }
    void operator()(const events::health_cleared& e) const {
        signal_map& signals = writable(s_.signals);
        if (const auto it = signals.find(e.source); it != signals.end()) {
            signals.erase(it);
        }
    }
    void operator()(const events::health_changed& e) const { s_.recorded_status = e.now.status; }
    void operator()(const events::thresholds_changed& e) const { replace(s_.limits, e.after); }

    void operator()(const events::step_set& e) const {
        writable(s_.progress)
            .insert_or_assign(e.step_id, step_progress{.done = e.done,
                                                       .notes = e.notes,
                                                       .operator_name = entry_.who.name,
                                                       .session = entry_.session,
                                                       .updated_at = entry_.ts});
    }
    void operator()(const events::operator_locked& e) const {
        lock_map& locks = writable(s_.locks);
        std::erase_if(locks, [this](const auto& entry) { return !entry.second.recorded_as_holding_at(entry_.ts); });
        auto lock = e.lock;
        lock.runs_out = end_of(lock.until);
        locks.insert_or_assign(e.lock.operator_name, std::move(lock));
    }
    void operator()(const events::operator_unlocked& e) const { writable(s_.locks).erase(e.operator_name); }
    void operator()(const events::key_created& e) const {
        auto key = e.key;
        key.runs_out = end_of(key.expires_at);
        writable(s_.keys).insert_or_assign(e.key.id, std::move(key));
    }
    void operator()(const events::key_revoked& e) const { writable(s_.keys).erase(e.id); }
    void operator()(const events::access_denied& /*e*/) const {}
    void operator()(const events::foreign& /*e*/) const {}

    void operator()(const events::imported_state& e) const {
        s_.imported = true;
        if (e.imported_cone) {
            replace(s_.current_cone, *e.imported_cone);
        }
        if (e.imported_thresholds) {
            replace(s_.limits, *e.imported_thresholds);
        }
        if (e.progress) {
            progress_map& progress = writable(s_.progress);
            for (const auto& [step, done] : *e.progress) {
                progress.insert_or_assign(step, done);
            }
        }
        for (const session& s : e.sessions) {
            keep(s);
        }
    }
    void operator()(const events::imported_line& /*e*/) const {}

  private:
    /// Of a span that begins with this record and ends when it says.
    [[nodiscard]] span_mark end_of(const std::optional<unix_micros>& recorded) const {
        return recorded ? span_mark{s_.span_now + (*recorded - entry_.ts)} : span_mark{};
    }
    void keep(session s) const {
        s.first_seq = entry_.seq;
        if (s.active && !s.began.at && s.started_at) {  // imported; what began later than now, begins now
            s.began.at = s_.span_now - std::max(entry_.ts - *s.started_at, std::chrono::microseconds{});
        }
        s_.next_session = std::max(s_.next_session, next(s.id));
        keep_session(writable(s_.sessions), std::move(s));
    }

    state& s_;
    const audit_entry& entry_;
};

}  // namespace

void evolve(state& s, const audit_entry& entry) {
    s.next_seq = next(entry.seq);
    s.last_ts = entry.ts;
    s.decisions.push(mark_of(event_name(entry.what)));
    if (entry.session || std::holds_alternative<events::imported_state>(entry.what)) {
        writable(s.tally).take(entry);  // records of a session that is not active do not come about
    }
    std::visit(folder{s, entry}, entry.what);
}

}  // namespace valhalla::governor
