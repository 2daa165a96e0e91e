// SPDX-License-Identifier: Apache-2.0
//
// The audit trail as rows. What it offers is all that may be done to history: append, and read. Records gather in
// memory until they fill a row or the transaction ends. Ledger thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/audit_run.hpp"
#include "schema/model/event.hpp"
#include "schema/name_dictionary.hpp"
#include "schema/postings.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class audit_log {
  public:
    explicit audit_log(const connection& db);

    // A record is appended in two steps, because its leaf is the hash of its line. The caller counts: seq must be the
    // next one.

    /// The line of `entry`, without a newline; lives until another one is encoded, or until `flush`.
    [[nodiscard]] std::string_view encode(const audit_entry& entry);
    /// Appends the line that was encoded last. `leaf` is its hash.
    void append(const audit_entry& entry, const hash256& leaf);
    /// What was appended is in the database after this: to be called before the transaction is committed.
    void flush();
    /// After a rollback of the transaction that records were appended in.
    void forget();

    struct position {
        audit_seq last{};  ///< 0: there is no record
        unix_micros ts{};  ///< of the last record
    };

    // What reads, reads rows: not while records gather.

    [[nodiscard]] position end();
    /// Of the last `count` records, oldest first.
    [[nodiscard]] std::vector<decision_mark> newest_marks(std::size_t count);
    /// How many records name the session. One row is read for each 256 records of the trail that have any.
    [[nodiscard]] std::int64_t records_of(session_id session) {
        return postings_.count(posting_kind::session, raw(session));
    }
    /// Whether there is a record of this event.
    [[nodiscard]] bool holds(std::string_view event_name);
    /// Leaf hashes of the records after `seq`, in order.
    [[nodiscard]] std::vector<hash256> leaves_after(audit_seq seq);

  private:
    void begin_row() noexcept;
    /// Calls `visit(run, place)` with each record after `seq`, in order.
    template <class Visit>
    void each_after(audit_seq seq, Visit&& visit);
    void recover_postings();

    const connection& db_;
    name_dictionary events_{db_, "event_kind"};
    name_dictionary actors_{db_, "actor_name"};
    posting_writer postings_{db_};

    // The row that gathers.
    std::string lines_;         ///< each with its newline, but for one that is encoded and not appended yet
    std::size_t appended_ = 0;  ///< bytes of `lines_` that were appended
    std::vector<hash256> leaves_;
    position last_;

    audit_run run_;  // of the row being read
    statement insert_{db_, "INSERT INTO audit (seq, ts_us, leaves, records) VALUES (?1, ?2, ?3, ?4)"};
    statement end_{db_, "SELECT seq, ts_us FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)"};
    statement after_{db_, "SELECT seq, leaves, records FROM audit WHERE seq > ?1 ORDER BY seq"};
    /// A kind has its number since its first record.
    statement holds_{db_, "SELECT 1 FROM event_kind WHERE name = ?1"};
};

}  // namespace valhalla::schema
