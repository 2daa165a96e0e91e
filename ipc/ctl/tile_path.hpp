// SPDX-License-Identifier: Apache-2.0
//
// Which tiles a tree of some size has, and where C2SP tlog-tiles puts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace valhalla::ctl {

inline constexpr std::int64_t tile_width = 256;
/// A tree beyond this is no tree of ours: 2^55 records. Keeps all arithmetic on sizes inside 64 bits.
inline constexpr std::int64_t max_tree_size = std::int64_t{1} << 55U;

/// Hashes that a level has, full tiles and the partial one together; each stands for 256^level records.
[[nodiscard]] std::int64_t hashes_at(std::int64_t size, std::size_t level) noexcept;

/// Width of tile `index` of a level that has `hashes`: 256, or less for the last one, 0 where there is none.
[[nodiscard]] std::size_t width_at(std::int64_t hashes, std::int64_t index) noexcept;

/// `tile/1/x001/x234/067`, with `.p/17` behind it when `width` is not 256.
[[nodiscard]] std::string tile_path(std::size_t level, std::int64_t index, std::size_t width);
/// The same below `tile/entries`.
[[nodiscard]] std::string entries_path(std::int64_t index, std::size_t width);

}  // namespace valhalla::ctl
