// SPDX-License-Identifier: Apache-2.0
//
// The walk over the records of a trail, wherever they are stored: each is well-formed, follows the one before, has an
// effect that is possible, and goes into the tree. What it does to the tables is done to a scratch database, for those
// who have tables to compare. Records name no session but an active one, and what an end says of its session's records
// is held against those that came by; decisions point to the policy that was loaded last. Decisions touch no table and
// are most of every trail: they are not decoded.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schema/connection.hpp"
#include "schema/model/record_scan.hpp"
#include "schema/model/session_tally.hpp"
#include "schema/projection.hpp"
#include "schema/verify/checkpoint_book.hpp"

namespace valhalla::verify {

/// Records done, and all (0: unknown).
using progress_sink = std::function<void(std::uint64_t done, std::uint64_t all)>;
/// Records between two reports to a progress sink.
inline constexpr std::uint64_t records_per_report = 16'384;

class record_chain {
  public:
    /// `tiles` is called with each complete tile.
    record_chain(checkpoint_book& checkpoints, schema::growing_tree::tile_sink tiles);
    record_chain(const record_chain&) = delete;
    record_chain& operator=(const record_chain&) = delete;

    [[nodiscard]] hash256 leaf_of(std::string_view record) { return hasher_.leaf(record); }
    /// The envelope; its views live as long as `record`. Blames the next record when it is not as it is written.
    [[nodiscard]] record_header read(std::string_view record) const;
    /// Appends what was read. Blames the record when its time goes back or its effect is impossible.
    void append(std::string_view record, const record_header& header, const hash256& leaf);
    /// All of it for a record that stands alone, without columns beside it.
    void add(std::string_view record);

    /// Of the record that comes next.
    [[nodiscard]] audit_seq next_seq() const noexcept { return audit_seq{static_cast<std::int64_t>(tree_.size()) + 1}; }
    [[nodiscard]] std::uint64_t size() const noexcept { return tree_.size(); }
    [[nodiscard]] tree_head head() { return {tree_.size(), tree_.root(hasher_)}; }
    [[nodiscard]] const schema::growing_tree& tree() const noexcept { return tree_; }
    /// The tables as the records make them, inside an open transaction.
    [[nodiscard]] const schema::connection& tables() const noexcept { return scratch_; }
    void tell(report& r);

  private:
    void apply(std::string_view record, const record_header& header);
    void check_decision(const record_header& header);
    void check_end(const events::session_ended& end, audit_seq seq) const;

    checkpoint_book& checkpoints_;
    schema::growing_tree::tile_sink tiles_;
    schema::connection scratch_ = schema::connection::open_scratch();
    schema::projection effects_{scratch_};
    schema::hasher hasher_;
    schema::growing_tree tree_;
    session_tally sessions_;
    std::string policy_;  // SHA-256 as of the last POLICY_LOADED; empty before the first
    unix_micros first_ts_{};
    unix_micros last_ts_{};
};

}  // namespace valhalla::verify
