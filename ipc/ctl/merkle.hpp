// SPDX-License-Identifier: Apache-2.0
//
// The Merkle tree of RFC 6962 as far as it is needed to check that what the daemon sends fits together: leaves, roots
// of complete subtrees, the root behind an inclusion proof, the root of a tree that is stored as tiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace valhalla::ctl {

using tree_hash = std::array<char, 32>;

[[nodiscard]] inline std::string_view bytes_of(const tree_hash& hash) noexcept {
    return {hash.data(), hash.size()};
}
/// The hashes that stand in `bytes` one after the other; a rest that is too short is left out.
[[nodiscard]] std::vector<tree_hash> hashes_in(std::string_view bytes);

[[nodiscard]] tree_hash leaf_hash(std::string_view record);
[[nodiscard]] tree_hash node_hash(const tree_hash& left, const tree_hash& right);
/// Root over complete subtrees of the same size; their number is a power of two.
[[nodiscard]] tree_hash root_of(std::span<const tree_hash> subtrees);

/// The root that a proof of inclusion leads to (RFC 9162 §2.1.3.2). Nothing when it is not as long as it must be.
[[nodiscard]] std::optional<tree_hash> root_of_inclusion(const tree_hash& leaf, std::int64_t index, std::int64_t size,
                                                         std::span<const tree_hash> proof);

/// The root of a tree whose tiles can be read: `read_tile(level, index, width)` gives the first `width` hashes of one.
using tile_reader = std::function<std::vector<tree_hash>(std::size_t level, std::int64_t index, std::size_t width)>;
[[nodiscard]] tree_hash root_of_tiles(std::int64_t size, const tile_reader& read_tile);

}  // namespace valhalla::ctl
