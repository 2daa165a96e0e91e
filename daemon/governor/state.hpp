// SPDX-License-Identifier: Apache-2.0
//
// What the governor decides on. A value: copying it copies a dozen pointers, because every part that changes seldom
// is immutable and shared; a change replaces its part. So a copy is a snapshot that other threads may read for ever,
// and comparing two parts by address tells whether bytes rendered from one are still good for the other.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/governor/canon.hpp"
#include "daemon/governor/persistent_map.hpp"
#include "daemon/governor/playbook.hpp"
#include "daemon/governor/self_checks.hpp"
#include "schema/model/event.hpp"
#include "schema/model/session_tally.hpp"

namespace valhalla::governor {

/// Marks of the newest `deny_window_size` audit records, kept as running counts: O(1) per record.
class deny_window {
  public:
    void push(decision_mark mark) noexcept;
    [[nodiscard]] std::uint32_t allowed() const noexcept { return allowed_; }
    [[nodiscard]] std::uint32_t denied() const noexcept { return denied_; }
    [[nodiscard]] std::uint32_t decisions() const noexcept { return allowed_ + denied_; }
    /// 0 when there were no decisions.
    [[nodiscard]] double deny_rate() const noexcept;
    /// Compares what is in the window, not where in the ring it lies.
    friend bool operator==(const deny_window& a, const deny_window& b) noexcept;

  private:
    std::array<decision_mark, deny_window_size> ring_{};
    std::uint16_t next_ = 0;
    std::uint16_t allowed_ = 0;
    std::uint16_t denied_ = 0;
};

/// All sessions that the rules and the hot reads need: each operator's active session, or else their latest.
/// Older ones are in the database only. There may be very many operators who worked once: nothing that happens often
/// goes through all of `by_operator`, or copies it.
struct session_book {
    using entry = std::shared_ptr<const session>;
    persistent_map<std::string, entry> by_operator;
    persistent_map<std::string, entry> active;  ///< those of them that are active, by operator
    persistent_map<session_id, entry> by_id;    ///< all of `by_operator`
    entry latest;  ///< of all operators, by start; what `go_session.json` shows. May be null.

    /// The operator's active session, or null.
    [[nodiscard]] const session* active_of(std::string_view operator_name) const noexcept;
    /// By id among those kept here, or null.
    [[nodiscard]] const session* find(session_id id) const noexcept;
    friend bool operator==(const session_book&, const session_book&);
};

using signal_map = std::map<std::string, health_signal, std::less<>>;

/// A default-constructed state is that of an empty trail. No pointer in it is ever null.
struct state {
    std::string instance;
    std::shared_ptr<const canon> rules = std::make_shared<canon>();
    std::shared_ptr<const playbook> steps = std::make_shared<playbook>();
    std::shared_ptr<const cone> current_cone = std::make_shared<cone>();
    std::shared_ptr<const thresholds> limits = std::make_shared<thresholds>();
    std::shared_ptr<const session_book> sessions = std::make_shared<session_book>();
    /// Apart from the book: it changes with every decision, and what is rendered from the book need not.
    std::shared_ptr<const session_tally> tally = std::make_shared<session_tally>();
    std::shared_ptr<const signal_map> signals = std::make_shared<signal_map>();
    std::shared_ptr<const progress_map> progress = std::make_shared<progress_map>();
    std::shared_ptr<const witnessed_map> witnessed = std::make_shared<witnessed_map>();
    std::shared_ptr<const lock_map> locks = std::make_shared<lock_map>();
    std::shared_ptr<const key_map> keys = std::make_shared<key_map>();
    /// As last evaluated; reasons follow the figures. Replaced only when it says something else.
    std::shared_ptr<const health_verdict> health = std::make_shared<health_verdict>();
    span_point health_due{};  ///< from then on `health` must be evaluated anew though nothing happened
    health_level recorded_status = health_level::green;  ///< as of the last HEALTH_STATUS record
    std::string recorded_policy;    ///< SHA-256 as of the last POLICY_LOADED record; empty at first
    std::string recorded_playbook;  ///< likewise
    bool imported = false;          ///< there is an IMPORT record; a second import is refused
    deny_window decisions;
    self_checks self;
    session_id next_session{1};
    audit_seq next_seq{1};
    unix_micros last_ts{};
    span_point span_now{};  ///< of the last command: spans that it began, began then
};

/// True when every recorded part is equal by value (not `rules`, `steps`, `health`, `self`, nor where spans begin and
/// end, which are not folded from records). What a replay of the trail is compared with.
[[nodiscard]] bool same_records(const state& a, const state& b);

}  // namespace valhalla::governor
