// SPDX-License-Identifier: Apache-2.0
#include "daemon/restore.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/governor/session_book.hpp"

namespace valhalla {

namespace {

/// Where the stored spans begin and end.
class stored_spans {
  public:
    stored_spans(const std::vector<schema::stored_span>& told, span_point now) : now_{now} {
        for (const auto& one : told) {
            told_.emplace(std::pair{one.kind, std::string_view{one.name}}, one.at);
        }
    }

    /// Without a row of its own a span ends when its record says: the wall clock was right then. If it was not, which a
    /// database of an older version does not tell, nothing lasts longer from now on than it should have altogether.
    [[nodiscard]] span_mark end_of(schema::span_kind kind, std::string_view name, unix_micros from,
                                   const std::optional<unix_micros>& until) const {
        if (!until) {
            return {};
        }
        const auto latest = now_ + (*until - from);
        return {std::min(row(kind, name).value_or(span_of(*until)), latest)};
    }
    [[nodiscard]] span_mark begin_of(const session& s) const {
        if (!s.active || !s.started_at) {
            return {};
        }
        const auto id = std::to_string(raw(s.id));
        return {std::min(row(schema::span_kind::session_began, id).value_or(span_of(*s.started_at)), now_)};
    }

  private:
    [[nodiscard]] std::optional<span_point> row(schema::span_kind kind, std::string_view name) const {
        const auto found = told_.find({kind, name});
        return found == told_.end() ? std::nullopt : std::optional{found->second};
    }

    span_point now_;
    std::map<std::pair<schema::span_kind, std::string_view>, span_point> told_;
};

}  // namespace

governor::state restore_state(schema::stored_state stored, std::shared_ptr<const governor::canon> rules,
                              std::shared_ptr<const governor::playbook> steps, span_point now) {
    using schema::span_kind;
    const stored_spans spans{stored.spans, now};
    for (auto& [name, lock] : stored.locks) {
        lock.runs_out = spans.end_of(span_kind::lock_ends, name, lock.since, lock.until);
    }
    for (auto& [id, key] : stored.keys) {
        key.runs_out = spans.end_of(span_kind::key_ends, id, key.created_at, key.expires_at);
    }
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
        signal.goes_stale = spans.end_of(span_kind::signal_ends, signal.source, signal.reported_at, signal.expires_at);
        auto source = signal.source;
        signals.emplace(std::move(source), std::move(signal));
    }
    s.signals = std::make_shared<governor::signal_map>(std::move(signals));

    governor::session_book book;
    for (auto& one : stored.sessions) {
        one.began = spans.begin_of(one);
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
    s.span_now = now;
    return s;
}

}  // namespace valhalla
