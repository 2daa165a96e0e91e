// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/tile_directory.hpp"

#include <system_error>

#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/files.hpp"
#include "schema/proof/tile_path.hpp"

namespace valhalla::ctl {

namespace fs = std::filesystem;
using schema::hash256;

namespace {

constexpr std::size_t full_tile_bytes = schema::tile_width * sizeof(hash256);
constexpr std::size_t max_bundle_bytes = schema::tile_width * (max_entry_bytes + 2);

std::string tile_path(unsigned level, std::uint64_t index, unsigned width = schema::tile_width) {
    return schema::tile_path{.level = level, .index = index, .width = width}.text();
}

std::string entries_path(std::uint64_t index, unsigned width = schema::tile_width) {
    return schema::tile_path{.level = std::nullopt, .index = index, .width = width}.text();
}

/// Only what a partial tile is called goes; the directory itself only when nothing else is in it.
void drop_partials(const fs::path& directory) {
    std::error_code ignored;
    for (unsigned width = 1; width < schema::tile_width && fs::exists(directory, ignored); ++width) {
        fs::remove(directory / fmt::format("{}", width), ignored);
    }
    fs::remove(directory, ignored);
}

}  // namespace

bool tile_directory::has_tile(unsigned level, std::uint64_t index) const {
    std::error_code missing;
    const auto size = fs::file_size(root_ / tile_path(level, index), missing);
    return !missing && size == full_tile_bytes;
}

bool tile_directory::has_entries(std::uint64_t index, unsigned width) const {
    std::error_code missing;
    const auto size = fs::file_size(root_ / entries_path(index, width), missing);
    return !missing && size > 0;
}

std::vector<hash256> tile_directory::read_tile(unsigned level, std::uint64_t index, unsigned width) const {
    const auto path = root_ / tile_path(level, index);
    const auto bytes = read_small_file(path, full_tile_bytes).value_or("");
    if (bytes.size() != full_tile_bytes) {
        throw fault{exit_code::refused, fmt::format("{} is not a whole tile: remove it and run again", path.string())};
    }
    auto hashes = schema::hashes_in(std::as_bytes(std::span{bytes}));
    hashes.resize(width);
    return hashes;
}

std::vector<hash256> tile_directory::leaves_of_entries(std::uint64_t index, unsigned width, schema::hasher& h) const {
    const auto bytes = read_small_file(root_ / entries_path(index, width), max_bundle_bytes).value_or("");
    std::vector<hash256> leaves;
    std::string_view rest = bytes;
    while (rest.size() >= 2) {
        const auto high = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]));
        const auto length = high << 8U | static_cast<std::size_t>(static_cast<unsigned char>(rest[1]));
        if (rest.size() < 2 + length) {
            break;
        }
        leaves.push_back(h.leaf(rest.substr(2, length)));
        rest.remove_prefix(2 + length);
    }
    return rest.empty() ? leaves : std::vector<hash256>{};
}

void tile_directory::write(const fs::path& file, std::string_view bytes) {
    if (made_ != file.parent_path()) {
        make_directory(file.parent_path());
        made_ = file.parent_path();
    }
    staged_file staged{file.parent_path(), file.filename()};
    staged.write(bytes);
    staged.put_in_place();
}

bool tile_directory::write_tile(unsigned level, std::uint64_t index, std::span<const hash256> hashes) {
    const auto file = root_ / tile_path(level, index, static_cast<unsigned>(hashes.size()));
    const std::string_view bytes{reinterpret_cast<const char*>(hashes.data()), hashes.size_bytes()};
    std::error_code missing;
    if (fs::file_size(file, missing) == bytes.size() && read_small_file(file, bytes.size()) == bytes) {
        return false;
    }
    write(file, bytes);
    return true;
}

void tile_directory::write_entries(std::uint64_t index, unsigned width, std::string_view bundle) {
    write(root_ / entries_path(index, width), bundle);
}

void tile_directory::drop_partial_tiles(unsigned level, std::uint64_t index) const {
    drop_partials(root_ / (tile_path(level, index) + ".p"));
}

void tile_directory::drop_partial_entries(std::uint64_t index) const {
    drop_partials(root_ / (entries_path(index) + ".p"));
}

void append_entry(std::string& bundle, std::string_view record) {
    if (record.size() > max_entry_bytes) {
        throw fault{exit_code::unverified, fmt::format("a record has {} bytes, and no record has more than {}",
                                                       record.size(), max_entry_bytes)};
    }
    bundle += static_cast<char>(record.size() >> 8U);
    bundle += static_cast<char>(record.size() & 0xffU);
    bundle += record;
}

}  // namespace valhalla::ctl
