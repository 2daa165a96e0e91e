// SPDX-License-Identifier: Apache-2.0
//
// How many records each active session has so far. The record of a session's end says it, so that whoever holds the
// records of a session sees whether that is all of them. A record counts for the session that it names, start and end
// included; of an imported session, those that this trail has.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schema/model/event.hpp"

namespace valhalla {

class session_tally {
  public:
    /// A session that is active, with the records it has already. Sessions come in any order, each once.
    void open(session_id id, std::int64_t records = 0);
    /// One record more, of an event that neither starts nor ends a session. False when the session is not active.
    bool count(session_id id) noexcept;
    /// Any record: opens what it starts or imports, counts it, closes what it ends. False when it names a session that
    /// is not active.
    bool take(const audit_entry& entry);
    /// Nothing when the session is not active.
    [[nodiscard]] std::optional<std::int64_t> records_of(session_id id) const noexcept;

    friend bool operator==(const session_tally&, const session_tally&) = default;

  private:
    struct line {
        session_id id;
        std::int64_t records;
        friend bool operator==(const line&, const line&) = default;
    };
    [[nodiscard]] std::vector<line>::const_iterator place_of(session_id id) const noexcept;
    [[nodiscard]] std::vector<line>::const_iterator find(session_id id) const noexcept;

    std::vector<line> active_;  ///< in order of id; one piece of memory, for it is copied with every commit
};

}  // namespace valhalla
