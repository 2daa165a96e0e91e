// SPDX-License-Identifier: Apache-2.0
//
// The first half of the governor: what shall happen when a command is given, or why it shall not. Reads the state,
// changes nothing. Used by `execute` alone.
#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/governor/governor.hpp"

namespace valhalla::governor {

/// An event to be recorded, and the session that its record names.
struct planned_event {
    event what;
    std::optional<session_id> session;
    bool by_daemon = false;  ///< not the doing of the one who gave the command
};

struct plan {
    std::vector<planned_event> events;  ///< may be empty: a change that changes nothing is not recorded
    std::optional<verdict> judged;      ///< of `commands::decide`
    std::optional<operator_lock> lock;  ///< that `commands::unlock_operator` takes away
    std::optional<api_key> key;         ///< that `commands::revoke_key` takes away

    void add(event what, std::optional<session_id> session = std::nullopt) {
        events.push_back({std::move(what), session});
    }
    void add_own(event what) { events.push_back({std::move(what), std::nullopt, true}); }
};

using decision = std::variant<plan, refusal>;

/// `health` is the verdict as of `ctx.span`.
[[nodiscard]] decision decide(const state& s, const command& c, const context& ctx, const health_verdict& health);

// One for each family of commands; `decide` calls them.
[[nodiscard]] decision decide_on(const state& s, const commands::start_session& c, const context& ctx,
                                 const health_verdict& health);
[[nodiscard]] decision decide_on(const state& s, const commands::end_session& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::note_session& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::set_thresholds& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::import_state& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::witness_checkpoint& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::lock_operator& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::unlock_operator& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::create_key& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::revoke_key& c, const context& ctx);
[[nodiscard]] decision decide_on(const state& s, const commands::record_denial& c, const context& ctx);

/// The refusal when the actor's key is revoked.
[[nodiscard]] std::optional<refusal> refuse_revoked(const state& s, const context& ctx);
/// The refusal when a lock holds the actor and `c` begins something new.
[[nodiscard]] std::optional<refusal> refuse_locked(const state& s, const command& c, const context& ctx);

/// The reason of the cone that a new database begins with.
inline constexpr std::string_view initial_cone_reason = "default of a new database";

/// The actor's active session, which his records name.
[[nodiscard]] std::optional<session_id> session_of(const state& s, const context& ctx);

}  // namespace valhalla::governor
