// SPDX-License-Identifier: Apache-2.0
//
// The governor: all rules of the product, and nothing else. No database, no socket, no clock, no randomness.
//
//   decide  (state, command, context) -> events or a refusal      what shall happen
//   evolve  (state, record)           -> state                    what it means
//   execute                           = decide, then evolve over each event, then health: what the ledger calls
//
// `evolve` is the only way by which recorded state changes; so replaying the trail through it gives the same state.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "daemon/governor/command.hpp"
#include "daemon/governor/state.hpp"

namespace valhalla::governor {

/// Largest number of health signals kept; one more source is refused.
inline constexpr std::size_t max_health_signals = 256;

/// Largest number of locks that hold, and of keys that are not revoked: bounds the memory, and the lists of them.
inline constexpr std::size_t max_locks = 256;
inline constexpr std::size_t max_keys = 256;

struct context {
    actor who;
    bool is_owner = false;
    unix_micros now{};  ///< time of the records; never before `state.last_ts`: the caller takes the maximum
    /// Id of the key that the actor came with; empty: there is none. Once it is revoked nothing more is recorded of
    /// him, whatever was under way; that it expires is for the door to say.
    std::string key{};
    /// What spans are measured by, and nothing else is. As `now` where both clocks are one.
    span_point span = span_of(now);
};

struct outcome {
    std::variant<answer, refusal> result;
    /// To be appended, in order, and already folded into the state. Empty after a refusal.
    std::vector<audit_entry> records;

    [[nodiscard]] bool refused() const noexcept { return std::holds_alternative<refusal>(result); }
};

/// Folds one record into the state: sequence number, time, deny window, and whatever the event changes.
void evolve(state& s, const audit_entry& entry);

/// Carries out `c` on `s`. After a refusal `s` is what it was.
[[nodiscard]] outcome execute(state& s, const command& c, const context& ctx);

/// Which of several commands was refused, and why.
struct refused_one {
    std::size_t index = 0;
    refusal why;
};
/// Carries out `all` in order, or nothing: each command finds what those before it did, and when one is refused `s` and
/// `records` are what they were. `answered` gets each answer with the state after its command, also when a later one is
/// refused; it may refuse as well.
[[nodiscard]] std::optional<refused_one> execute_all(
    state& s, std::span<const command> all, const context& ctx, std::vector<audit_entry>& records,
    const std::function<std::optional<refusal>(const answer&, const state&)>& answered);

}  // namespace valhalla::governor
