// SPDX-License-Identifier: Apache-2.0
//
// The reading side of the database: read-only connections, never checkpointing. One per thread. Every call is one short
// read transaction, except between `begin_snapshot` and `end_snapshot`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/errors.hpp"
#include "schema/limits.hpp"
#include "schema/model/event.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

/// All given conditions must hold. Pages are keyset pages by seq: stable however much is appended meanwhile.
struct audit_query {
    std::optional<std::string> event{};
    std::optional<session_id> session{};
    std::optional<std::string> actor{};  ///< by name
    std::optional<unix_micros> since{};  ///< records at or after
    std::optional<unix_micros> until{};  ///< records before
    std::optional<audit_seq> after{};    ///< seq greater; makes the order oldest first
    std::optional<audit_seq> before{};   ///< seq smaller
    std::size_t limit = 100;
    std::size_t max_bytes = limits::audit_page_bytes;      ///< of the page; one record always fits
    std::size_t max_scanned = limits::audit_rows_scanned;  ///< bounds the page's read transaction
};

struct audit_page {
    std::vector<std::string> records;  ///< verbatim lines
    /// To go on: the last seq looked at. Absent when there is no more. A page may be short or empty and still have
    /// a cursor when the query's scan limit was reached.
    std::optional<audit_seq> next;
    bool ascending = false;
};

/// Newest first, by id.
struct session_query {
    std::optional<std::string> operator_name{};
    std::optional<unix_micros> since{};  ///< started at or after
    std::optional<unix_micros> until{};  ///< started before
    std::optional<bool> active{};
    std::optional<session_id> before{};  ///< id smaller: the cursor
    std::size_t limit = 100;
};

struct session_page {
    std::vector<session> sessions;
    std::optional<session_id> next;
};

struct session_remark {
    audit_seq seq{};
    unix_micros ts{};
    std::string author;
    std::string text;
};

/// What happened in one session.
struct session_story {
    session what;
    audit_seq last_seq{};                 ///< the newest record that names the session
    std::vector<session_remark> notes;    ///< oldest first, at most 1,000 and `limits::page_text_bytes`
    std::vector<std::string> steps_done;  ///< step ids completed in it, in order of completion
    std::int64_t decisions_allowed = 0;
    std::int64_t decisions_denied = 0;
};

struct cone_page {
    struct row {
        audit_seq seq{};
        cone what;
        std::string set_by;
    };
    std::vector<row> rows;  ///< newest first
    std::optional<audit_seq> next;
};

class connection;

class reader {
  public:
    /// Throws `storage_error`.
    explicit reader(const std::filesystem::path& database);
    /// On a connection of the caller's, which must outlive the reader; sees what an open transaction of it sees.
    explicit reader(const connection& shared);
    ~reader();

    [[nodiscard]] audit_page audit(const audit_query& query);
    /// Whether a record of the trail has this name.
    [[nodiscard]] bool knows_event(std::string_view name);
    [[nodiscard]] session_page sessions(const session_query& query);
    [[nodiscard]] std::optional<session_story> story(session_id id);
    [[nodiscard]] cone_page cones(std::optional<audit_seq> before, std::size_t limit);
    [[nodiscard]] std::uint64_t trail_size();
    /// Verbatim; nothing when there is no such record.
    [[nodiscard]] std::optional<std::string> record(audit_seq seq);

    // The tree, in O(log n) reads. What is asked about must lie in it: `size` <= `trail_size()` and so on.
    [[nodiscard]] hash256 root_at(std::uint64_t size);
    [[nodiscard]] std::vector<hash256> inclusion(std::uint64_t index, std::uint64_t size);
    [[nodiscard]] std::vector<hash256> consistency(std::uint64_t old_size, std::uint64_t size);
    /// The first `width` hashes of a tile (C2SP tlog-tiles).
    [[nodiscard]] std::vector<hash256> tile(unsigned level, std::uint64_t index, std::size_t width);

    /// From here to `end_snapshot` all calls see the database as it is now. Keep it short: the write-ahead log
    /// cannot shrink meanwhile.
    void begin_snapshot();
    void end_snapshot() noexcept;

    /// What the export shows, from the current snapshot.
    [[nodiscard]] std::optional<session> latest_session();
    [[nodiscard]] std::optional<cone> current_cone();
    [[nodiscard]] thresholds current_thresholds();
    [[nodiscard]] progress_map progress();
    /// Every session in order of id, one at a time.
    void each_session(const std::function<void(const session&)>& visit);
    /// Records `first`..`last` in order, in short transactions of their own; the view lives during the call.
    void each_record(audit_seq first, audit_seq last, const std::function<void(std::string_view)>& visit);

    /// Any thread: the statement that runs now, if there is one, ends with `storage_error` (`failed`).
    void interrupt() noexcept;

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// All calls see one moment while it lives.
class read_snapshot {
  public:
    explicit read_snapshot(reader& from) : from_{from} { from_.begin_snapshot(); }
    ~read_snapshot() { from_.end_snapshot(); }
    read_snapshot(const read_snapshot&) = delete;
    read_snapshot& operator=(const read_snapshot&) = delete;

  private:
    reader& from_;
};

/// Which state the database belongs to; empty when it has no record. Neither version nor schema is looked at.
[[nodiscard]] std::string instance_of(const std::filesystem::path& database);

}  // namespace valhalla::schema
