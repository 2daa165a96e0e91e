// SPDX-License-Identifier: Apache-2.0
//
// Tiles and entry bundles as files of a directory (C2SP tlog-tiles). Reads and writes them; knows neither the daemon
// nor what is right. A file is whole or not there; none is durable before the checkpoint is put in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla::ctl {

/// Bytes that a record can have in a bundle: its length is written in 16 bits.
inline constexpr std::size_t max_entry_bytes = 65'535;

class tile_directory {
  public:
    explicit tile_directory(std::filesystem::path root) : root_{std::move(root)} {}
    [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }

    /// True when there is a full tile of the size that it must have.
    [[nodiscard]] bool has_tile(unsigned level, std::uint64_t index) const;
    [[nodiscard]] bool has_entries(std::uint64_t index, unsigned width) const;

    /// The first `width` hashes of a full tile. A `fault` when it is not there whole.
    [[nodiscard]] std::vector<schema::hash256> read_tile(unsigned level, std::uint64_t index, unsigned width) const;
    /// Leaf hashes of a bundle's entries; none when the file is cut off.
    [[nodiscard]] std::vector<schema::hash256> leaves_of_entries(std::uint64_t index, unsigned width,
                                                                 schema::hasher& h) const;

    /// False when the file has just these bytes already; then it is left alone.
    bool write_tile(unsigned level, std::uint64_t index, std::span<const schema::hash256> hashes);
    void write_entries(std::uint64_t index, unsigned width, std::string_view bundle);

    /// Removes partial versions of a tile that is full now.
    void drop_partial_tiles(unsigned level, std::uint64_t index) const;
    void drop_partial_entries(std::uint64_t index) const;

  private:
    void write(const std::filesystem::path& file, std::string_view bytes);

    std::filesystem::path root_;
    std::filesystem::path made_;  // the directory written to last
};

/// Appends `record` to a bundle.
void append_entry(std::string& bundle, std::string_view record);

}  // namespace valhalla::ctl
