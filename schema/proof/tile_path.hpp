// SPDX-License-Identifier: Apache-2.0
//
// Names of tiles and entry bundles (C2SP tlog-tiles):
//   tile/<L>/<N>[.p/<W>]   tile/entries/<N>[.p/<W>]
// N in groups of three digits, all but the last with an `x` before them: 1234067 is x001/x234/067.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla::schema {

/// Levels of a tree of 2^64 leaves are fewer; the specification allows this many.
inline constexpr unsigned max_tile_level = 63;

struct tile_path {
    std::optional<unsigned> level;  ///< nothing: a bundle of entries
    std::uint64_t index = 0;
    unsigned width = 256;  ///< hashes or entries in it, 1..256; 256 is a full one

    /// Relative to the directory that holds `checkpoint`.
    [[nodiscard]] std::string text() const;
    /// Nothing unless `text` is what the result's `text()` gives.
    [[nodiscard]] static std::optional<tile_path> parse(std::string_view text);
    friend bool operator==(const tile_path&, const tile_path&) = default;
};

/// Width of tile `index` of a level that has so many hashes, or of bundle `index` of so many entries: 256, less for the
/// last one, 0 behind it.
[[nodiscard]] unsigned width_at(std::uint64_t hashes, std::uint64_t index) noexcept;

}  // namespace valhalla::schema
