// SPDX-License-Identifier: Apache-2.0
//
// The writing side of the database: the only connection that writes or checkpoints. Owned and used by one thread.
//
// An append writes the record's bytes, its leaf, the tree tiles that it completes, and the rows that its event changes,
// all in the transaction that the caller opened. After a failed call the transaction must be rolled back; the
// store's own view of the tree then goes back to the last commit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/database_copy.hpp"
#include "schema/errors.hpp"
#include "schema/kept_answer.hpp"
#include "schema/model/epoch.hpp"
#include "schema/model/event.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/stored_span.hpp"

namespace valhalla::schema {

/// Everything that a daemon needs to go on where the last one stopped. From one read of the tables, O(what is kept in
/// memory) and O(log n) in the length of the trail.
struct stored_state {
    std::string instance;                ///< empty: the database was just created and holds no record yet
    std::optional<epoch> current_epoch;  ///< nothing: no checkpoint was ever signed
    std::optional<cone> current_cone;
    thresholds limits;
    std::vector<health_signal> signals;
    std::vector<session> sessions;  ///< each operator's active session, or else his latest
    std::optional<session> latest;  ///< of all operators, by start
    /// Each active session with the number of its records.
    std::vector<std::pair<session_id, std::int64_t>> active_records;
    progress_map progress;
    witnessed_map witnessed;
    lock_map locks;
    key_map keys;
    health_level recorded_status = health_level::green;
    std::string recorded_policy;
    std::string recorded_playbook;
    bool imported = false;                    ///< there is an IMPORT record
    std::vector<decision_mark> newest_marks;  ///< of the last `deny_window_size` records, oldest first
    session_id next_session{1};
    audit_seq next_seq{1};
    unix_micros last_ts{};
    std::optional<clock_mark> clock;  ///< nothing: it was never stored
    std::vector<stored_span> spans;   ///< those that the records do not tell
};

class ledger_store {
  public:
    /// Opens or creates the database, brings it to the current version, checks its schema, recovers the tree.
    /// Throws `storage_error` (`unusable` for a foreign or newer database, `broken` for a damaged one).
    explicit ledger_store(const std::filesystem::path& database);
    ~ledger_store();

    [[nodiscard]] stored_state load();

    void begin();
    /// `entry.seq` must be the next one. Returns the record's bytes; the view lives until the next call.
    std::string_view append(const audit_entry& entry);
    /// The answer kept for this key of this user; in a transaction or outside of one.
    [[nodiscard]] std::optional<kept_answer> find_answer(std::string_view actor, std::string_view key);
    /// In the open transaction, so that the answer is kept exactly when its change is.
    void keep_answer(std::string_view actor, std::string_view key, const kept_answer& what);
    /// Forgets at most `limit` answers kept before `t`, and says how many. In the open transaction; outside of one in
    /// its own, and when it throws, that is rolled back.
    std::int64_t forget_answers(span_point t, std::int64_t limit);
    /// No answer was kept after `now`; outside of a transaction. When it throws, nothing was changed.
    void bound_answers(span_point now);
    /// In the open transaction, beside the record that begins or ends the span.
    void keep_span(const stored_span& one);
    void drop_span(span_kind kind, std::string_view name);
    void drop_spans_of_gone_locks();
    /// In the open transaction.
    void keep_clock(const clock_mark& mark);
    /// In the open transaction: what had to leave the cache of it is on the disk then, for a commit that is short. It
    /// is not in the database before that.
    void sync_log();
    /// Durable when it returns. Throws `full` (rolled back), `broken` (outcome unknown: stop).
    void commit();
    void rollback() noexcept;

    /// Of the last commit.
    [[nodiscard]] const tree_head& head() const noexcept;

    /// Moves what it can from the write-ahead log into the database without waiting for readers. Returns the
    /// bytes still in the log. When there is more than `limits::wal_aside_bytes`, as after an import, a thread of its
    /// own begins to do it, and what it could not do is thrown by a later call.
    std::int64_t checkpoint();
    /// That thread is at it.
    [[nodiscard]] bool folds_aside() const noexcept;
    /// Bytes in the write-ahead log as of the last commit, without touching the disk.
    [[nodiscard]] std::int64_t wal_bytes() const noexcept;

    /// The files are no longer at their paths: closing the store changes nothing at these.
    void leave_files_alone();

    /// Begins a copy, which must not outlive the store; outside of a transaction. It is of the trail with `head()` as
    /// of when it is complete.
    [[nodiscard]] std::unique_ptr<database_copy> copy_to(const std::filesystem::path& file) const;

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace valhalla::schema
