// SPDX-License-Identifier: Apache-2.0
//
// Proofs over the tree (RFC 6962 §2.1, verification as in RFC 9162 §2.1.3.2 and §2.1.4.2). Pure: where hashes come
// from is a function.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

/// Root of the complete subtree of `1 << height` leaves that begins at leaf `index << height`. O(log n) of these are
/// asked for per proof; the subtree is inside the tree asked about.
using subtree_source = std::function<hash256(unsigned height, std::uint64_t index)>;

/// The first `width` hashes of a tile, 1..256.
using tile_source = std::function<std::vector<hash256>(unsigned level, std::uint64_t index, unsigned width)>;
/// What a `subtree_source` gives, out of the one tile that the subtree's root follows from.
[[nodiscard]] hash256 subtree_of_tiles(unsigned height, std::uint64_t index, const tile_source& tiles, hasher& h);

/// Root of the first `size` leaves.
[[nodiscard]] hash256 root_at(std::uint64_t size, const subtree_source& from, hasher& h);

/// Hashes from the leaf to the root. Precondition: `index < size`.
[[nodiscard]] std::vector<hash256> inclusion_proof(std::uint64_t index, std::uint64_t size, const subtree_source& from,
                                                   hasher& h);
/// Precondition: `old_size <= size`. Empty when `old_size` is 0 or equal to `size`.
[[nodiscard]] std::vector<hash256> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                                     const subtree_source& from, hasher& h);

[[nodiscard]] bool verify_inclusion(std::uint64_t index, const hash256& leaf, const tree_head& head,
                                    std::span<const hash256> proof, hasher& h);
/// True when `old_head` is a prefix of `head`. Every tree continues the empty one, if that states the empty root.
[[nodiscard]] bool verify_consistency(const tree_head& old_head, const tree_head& head, std::span<const hash256> proof,
                                      hasher& h);

}  // namespace valhalla::schema
