// SPDX-License-Identifier: Apache-2.0
//
// The tree over the trail: the growing edge in memory, the roots of complete tiles in the database, in the same
// transaction as the records that complete them. Ledger thread.
#pragma once

#include <cstdint>
#include <vector>

#include "schema/audit_log.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class tree_store {
  public:
    /// Recovers the edge in O(log n) reads; `broken` when records and tiles do not fit together.
    tree_store(const connection& db, audit_log& log);
    tree_store(const tree_store&) = delete;
    tree_store& operator=(const tree_store&) = delete;

    [[nodiscard]] hash256 hash_leaf(std::string_view record) { return hasher_.leaf(record); }
    /// Writes tiles that it completes.
    void append(const hash256& leaf) { growing_.append(leaf, hasher_, write_tile_); }

    /// What was appended is durable, or void.
    void committed();
    void rolled_back() { recover(); }
    [[nodiscard]] const tree_head& head() const noexcept { return head_; }

  private:
    void recover();
    [[nodiscard]] std::vector<hash256> roots_of_open_tile(std::uint64_t size, unsigned level);

    const connection& db_;
    audit_log& log_;
    statement insert_{db_, "INSERT INTO tree_tile (level, tile, root) VALUES (?1, ?2, ?3)"};
    statement roots_{db_, "SELECT root, tile FROM tree_tile WHERE level = ?1 AND tile >= ?2 ORDER BY tile"};
    hasher hasher_;
    growing_tree growing_;
    tree_head head_;
    growing_tree::tile_sink write_tile_;
};

}  // namespace valhalla::schema
