// SPDX-License-Identifier: Apache-2.0
//
// One row of `audit`: a run of records that follow each other, as they were committed together. It is found by the seq
// of its last record, so that the row of a record is the first one whose seq is not smaller.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "schema/model/ids.hpp"
#include "schema/model/record_scan.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// Points into the row. Reused from row to row, for its capacity.
class audit_run {
  public:
    /// False, and empty, when these columns are no run: lines without an end, or not as many as leaves.
    [[nodiscard]] bool read(audit_seq last, std::span<const std::byte> leaves, std::string_view records);
    /// The columns seq, leaves and records of a row; `broken` when they are no run.
    void read(const statement::use_guard& row);
    /// The same for the row that a search for this record came to. A record that the trail has is in the first row
    /// whose seq is not smaller, and the rows of a trail follow each other without a gap: `broken` when this is another
    /// one, as when the tree of the table does not lead to where it says.
    void read_with(audit_seq seq, const statement::use_guard& row);

    [[nodiscard]] std::size_t size() const noexcept { return lines_.size(); }
    [[nodiscard]] audit_seq seq(std::size_t at) const noexcept {
        return audit_seq{raw(last_) - static_cast<std::int64_t>(size() - 1 - at)};
    }
    [[nodiscard]] audit_seq first() const noexcept { return seq(0); }
    [[nodiscard]] audit_seq last() const noexcept { return last_; }
    [[nodiscard]] bool holds(audit_seq seq) const noexcept { return size() > 0 && first() <= seq && seq <= last_; }
    /// Where a record of the run stands in it.
    [[nodiscard]] std::size_t place(audit_seq seq) const noexcept {
        return static_cast<std::size_t>(raw(seq) - raw(first()));
    }

    /// Without its newline.
    [[nodiscard]] std::string_view record(std::size_t at) const noexcept { return lines_[at]; }
    /// The same for somebody else's eyes: `broken` when its bytes do not hash to the leaf stored with it, for what was
    /// altered need not even be JSON any more.
    [[nodiscard]] std::string_view sound_record(std::size_t at, hasher& h) const;
    [[nodiscard]] std::span<const std::byte> leaf(std::size_t at) const noexcept {
        return leaves_.subspan(at * sizeof(hash256), sizeof(hash256));
    }

  private:
    audit_seq last_{};
    std::span<const std::byte> leaves_;
    std::vector<std::string_view> lines_;
};

/// The envelope of a record from the database; `broken` when it is in no form that was ever written.
[[nodiscard]] record_header stored_header(std::string_view record);

}  // namespace valhalla::schema
