// SPDX-License-Identifier: Apache-2.0
//
// Finding records: keyset pages by seq, each read along the one index that fits best, in bounded steps. A range
// of time is a range of seq, found by bisection. One connection, its thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/reader.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class audit_search {
  public:
    explicit audit_search(const connection& db) : db_{db} {}

    /// Inside a read transaction of the caller, as everything here.
    [[nodiscard]] audit_page page(const audit_query& query);
    /// Number of records.
    [[nodiscard]] std::int64_t size();
    /// Visits at most `limit` records from `first` to `last` in order; returns the seq to go on with.
    audit_seq visit(audit_seq first, audit_seq last, std::int64_t limit,
                    const std::function<void(std::string_view)>& visitor);

    struct verdict_counts {
        std::int64_t allowed = 0;
        std::int64_t denied = 0;
    };
    [[nodiscard]] verdict_counts decisions_in(session_id id);
    /// Records of one kind in one session, oldest first, at most `limit`; the view lives during the call.
    void visit_session(session_id id, std::string_view event, std::size_t limit,
                       const std::function<void(std::string_view)>& visitor);

  private:
    /// One way through the table, both directions. ?1 < seq < ?2, ?3 is what the index is on.
    struct route {
        route(const connection& db, std::string_view index, std::string_view condition);
        statement ascending;
        statement descending;
    };
    /// Numbers of what the query names; absent where it names nothing.
    struct wanted {
        std::optional<std::int64_t> event;
        std::optional<std::int64_t> session;
        std::optional<std::int64_t> actor;
    };
    struct range {
        std::int64_t above;  ///< seq greater
        std::int64_t below;  ///< seq smaller
    };

    /// Nothing when the query names an event or an actor that never was.
    [[nodiscard]] std::optional<wanted> resolve(const audit_query& query);
    [[nodiscard]] range range_of(const audit_query& query);
    [[nodiscard]] std::int64_t first_at_or_after(unix_micros t);
    [[nodiscard]] std::pair<route*, std::int64_t> best_route(const wanted& w);
    [[nodiscard]] std::optional<std::int64_t> id_of_event(std::string_view name);

    const connection& db_;
    route all_{db_, "NOT INDEXED", "?3 = 0"};
    route by_event_{db_, "INDEXED BY audit_event", "event_id = ?3"};
    route by_session_{db_, "INDEXED BY audit_session", "session = ?3"};
    route by_actor_{db_, "INDEXED BY audit_actor", "actor_id = ?3"};
    statement event_id_{db_, "SELECT id FROM event_kind WHERE name = ?1"};
    statement actor_id_{db_, "SELECT id FROM actor_name WHERE name = ?1"};
    statement last_{db_, "SELECT COALESCE(MAX(seq), 0) FROM audit"};
    statement ts_{db_, "SELECT ts_us FROM audit WHERE seq = ?1"};
    statement in_order_{db_, "SELECT seq, record FROM audit WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq LIMIT ?3"};
    statement verdicts_{db_,
                        "SELECT COUNT(*) FILTER (WHERE event_id = ?2), COUNT(*) FILTER (WHERE event_id = ?3)"
                        " FROM audit INDEXED BY audit_session WHERE session = ?1"};
    statement in_session_{db_,
                          "SELECT record FROM audit INDEXED BY audit_session WHERE session = ?1 AND event_id = ?2"
                          " ORDER BY seq LIMIT ?3"};
};

}  // namespace valhalla::schema
