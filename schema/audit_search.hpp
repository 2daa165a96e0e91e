// SPDX-License-Identifier: Apache-2.0
//
// Finding records: keyset pages by seq, in bounded steps. What is asked for is found in the bitmaps of complete tiles
// (schema/postings.hpp), and by looking at the records after the last complete tile. A range of time is a range of seq,
// found by bisection. One connection, its thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/audit_run.hpp"
#include "schema/postings.hpp"
#include "schema/reader.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class audit_search {
  public:
    explicit audit_search(const connection& db) : db_{db} {}

    // Everything here is called inside a read transaction of the caller.

    /// Nothing when no record has this name.
    [[nodiscard]] std::optional<std::int64_t> id_of_event(std::string_view name);
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

    /// The newest record that names the session; 0 when none does.
    [[nodiscard]] audit_seq newest_of(session_id id);

  private:
    /// Records must have all of these.
    struct wanted {
        std::array<std::optional<std::int64_t>, 3> ids;  ///< by `posting_kind`; absent: any
        std::string event;                               ///< as records write it, when it matters
        std::string actor;                               ///< likewise
        [[nodiscard]] std::optional<std::int64_t>& operator[](posting_kind kind) {
            return ids[static_cast<std::size_t>(kind)];
        }
        [[nodiscard]] const std::optional<std::int64_t>& operator[](posting_kind kind) const {
            return ids[static_cast<std::size_t>(kind)];
        }
        [[nodiscard]] bool anything() const noexcept { return !ids[0] && !ids[1] && !ids[2]; }
        /// Whether a record has all that is wanted; for those that no bitmap knows yet.
        [[nodiscard]] bool fits(std::string_view record) const;
    };
    struct range {
        std::int64_t above;  ///< seq greater
        std::int64_t below;  ///< seq smaller
    };
    /// Takes one record; false to stop before it.
    using taker = std::function<bool(audit_seq seq, std::string_view record)>;
    class walk;

    /// Nothing when the query names an event or an actor that never was.
    [[nodiscard]] std::optional<wanted> resolve(const audit_query& query);
    [[nodiscard]] range range_of(const audit_query& query);
    /// The first seq whose record is not before `t`; one past the end when there is none.
    [[nodiscard]] std::int64_t first_at_or_after(unix_micros t);
    /// Of the tile's records those that have all that is wanted.
    [[nodiscard]] tile_bits matches(const wanted& w, const posting_reader::row& found, posting_kind kind);

    const connection& db_;
    posting_reader postings_{db_};
    statement event_id_{db_, "SELECT id FROM event_kind WHERE name = ?1"};
    statement actor_id_{db_, "SELECT id FROM actor_name WHERE name = ?1"};
    statement last_{db_, "SELECT COALESCE(MAX(seq), 0) FROM audit"};
    /// Time of the last record in the row that holds the record.
    statement ts_{db_, "SELECT ts_us FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT 1"};
    statement rows_up_{db_, "SELECT seq, leaves, records FROM audit WHERE seq >= ?1 ORDER BY seq"};
    statement rows_down_{db_,
                         "SELECT seq, leaves, records FROM audit"
                         " WHERE seq <= (SELECT MIN(seq) FROM audit WHERE seq >= ?1) ORDER BY seq DESC"};
    audit_run run_;  // of the row being read
    hasher hasher_;
};

}  // namespace valhalla::schema
