// SPDX-License-Identifier: Apache-2.0
#include "daemon/restore.hpp"

#include <utility>

#include "daemon/governor/session_book.hpp"

namespace valhalla {

governor::state restore_state(schema::stored_state stored, std::shared_ptr<const governor::canon> rules,
                              std::shared_ptr<const governor::playbook> steps) {
    governor::state s;
    s.instance = std::move(stored.instance);
    s.rules = std::move(rules);
    s.steps = std::move(steps);
    s.current_cone = std::make_shared<cone>(stored.current_cone.value_or(cone{}));
    s.limits = std::make_shared<thresholds>(stored.limits);
    s.progress = std::make_shared<progress_map>(std::move(stored.progress));
    s.witnessed = std::make_shared<witnessed_map>(std::move(stored.witnessed));
    s.locks = std::make_shared<lock_map>(std::move(stored.locks));
    s.keys = std::make_shared<key_map>(std::move(stored.keys));
    s.health = std::make_shared<health_verdict>();

    governor::signal_map signals;
    for (auto& signal : stored.signals) {
        auto source = signal.source;
        signals.emplace(std::move(source), std::move(signal));
    }
    s.signals = std::make_shared<governor::signal_map>(std::move(signals));

    governor::session_book book;
    for (auto& one : stored.sessions) {
        auto kept = std::make_shared<session>(std::move(one));
        if (stored.latest && stored.latest->id == kept->id) {
            book.latest = kept;
        }
        governor::put_session(book, kept);
    }
    if (stored.latest && !book.latest) {
        book.latest = std::make_shared<session>(std::move(*stored.latest));
    }
    s.sessions = std::make_shared<governor::session_book>(std::move(book));

    session_tally tally;
    for (const auto& [id, records] : stored.active_records) {
        tally.open(id, records);
    }
    s.tally = std::make_shared<session_tally>(std::move(tally));

    for (const auto mark : stored.newest_marks) {
        s.decisions.push(mark);
    }
    s.recorded_status = stored.recorded_status;
    s.recorded_policy = std::move(stored.recorded_policy);
    s.recorded_playbook = std::move(stored.recorded_playbook);
    s.imported = stored.imported;
    s.next_session = stored.next_session;
    s.next_seq = stored.next_seq;
    s.last_ts = stored.last_ts;
    return s;
}

}  // namespace valhalla
