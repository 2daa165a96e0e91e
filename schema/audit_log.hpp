// SPDX-License-Identifier: Apache-2.0
//
// The audit trail as rows. What it offers is all that may be done to history: append, and read. Ledger thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "schema/model/event.hpp"
#include "schema/name_dictionary.hpp"
#include "schema/postings.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class audit_log {
  public:
    explicit audit_log(const connection& db) : db_{db} {}

    /// `record` is the line that `entry` encodes to, `leaf` its hash. The caller counts: seq must be the next one.
    void append(const audit_entry& entry, std::string_view record, const hash256& leaf);
    /// After a rollback of the transaction that records were appended in.
    void forget();

    struct position {
        audit_seq last{};  ///< 0: there is no record
        unix_micros ts{};  ///< of the last record
    };
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
    const connection& db_;
    name_dictionary events_{db_, "event_kind"};
    name_dictionary actors_{db_, "actor_name"};
    posting_writer postings_{db_};
    statement append_{db_,
                      "INSERT INTO audit (seq, ts_us, event_id, session, actor_id, leaf, record)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
    statement end_{db_, "SELECT seq, ts_us FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)"};
    statement newest_names_{db_,
                            "SELECT k.name FROM audit AS a CROSS JOIN event_kind AS k ON k.id = a.event_id"
                            " WHERE a.seq > ?1 ORDER BY a.seq"};
    /// A kind has its number since its first record.
    statement holds_{db_, "SELECT 1 FROM event_kind WHERE name = ?1"};
    statement leaves_{db_, "SELECT leaf FROM audit WHERE seq > ?1 ORDER BY seq"};
};

}  // namespace valhalla::schema
