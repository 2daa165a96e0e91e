// SPDX-License-Identifier: Apache-2.0
//
// The tree as it is stored, for proofs: any hash of it, of any size that it ever had, in O(log n) reads. The
// hashes of a tile are leaves beside their records, or the roots of the tiles below. One connection, its thread, inside
// a read transaction of the caller.
#pragma once

#include <cstdint>
#include <vector>

#include "schema/audit_run.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class tree_reader {
  public:
    explicit tree_reader(const connection& db) : db_{db} {}

    /// The first `width` hashes of a tile, 1..256. Precondition: they exist in the tree; `broken` when they do not in
    /// the database.
    [[nodiscard]] std::vector<hash256> tile(unsigned level, std::uint64_t index, std::size_t width);

    // Precondition of all three: what is asked about lies in the tree.
    [[nodiscard]] hash256 root_at(std::uint64_t size);
    [[nodiscard]] std::vector<hash256> inclusion(std::uint64_t index, std::uint64_t size);
    [[nodiscard]] std::vector<hash256> consistency(std::uint64_t old_size, std::uint64_t size);

  private:
    [[nodiscard]] std::vector<hash256> leaves(audit_seq first, std::size_t count);
    [[nodiscard]] std::vector<hash256> roots(unsigned level, std::uint64_t first, std::size_t count);

    const connection& db_;
    statement roots_{db_, "SELECT root, tile FROM tree_tile WHERE level = ?1 AND tile BETWEEN ?2 AND ?3 ORDER BY tile"};
    statement runs_{db_, "SELECT seq, leaves, records FROM audit WHERE seq >= ?1 ORDER BY seq"};
    audit_run run_;
    hasher hasher_;
    tile_source tiles_{
        [this](unsigned level, std::uint64_t index, unsigned width) { return tile(level, index, width); }};
    subtree_source source_{
        [this](unsigned height, std::uint64_t index) { return subtree_of_tiles(height, index, tiles_, hasher_); }};
};

}  // namespace valhalla::schema
