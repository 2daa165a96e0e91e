// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/tile_directory.hpp"

#include <system_error>

#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/tile_path.hpp"

namespace valhalla::ctl {

namespace fs = std::filesystem;

namespace {

constexpr auto full = static_cast<std::size_t>(tile_width);
constexpr std::size_t max_bundle_bytes = full * (max_entry_bytes + 2);

/// Only what a partial tile is called goes; the directory itself only when nothing else is in it.
void drop_partials(const fs::path& directory) {
    std::error_code ignored;
    for (std::size_t width = 1; width < full && fs::exists(directory, ignored); ++width) {
        fs::remove(directory / fmt::format("{}", width), ignored);
    }
    fs::remove(directory, ignored);
}

}  // namespace

bool tile_directory::has_tile(std::size_t level, std::int64_t index) const {
    std::error_code missing;
    const auto size = fs::file_size(root_ / tile_path(level, index, full), missing);
    return !missing && size == full * sizeof(tree_hash);
}

bool tile_directory::has_entries(std::int64_t index, std::size_t width) const {
    std::error_code missing;
    const auto size = fs::file_size(root_ / entries_path(index, width), missing);
    return !missing && size > 0;
}

std::vector<tree_hash> tile_directory::read_tile(std::size_t level, std::int64_t index, std::size_t width) const {
    const auto path = root_ / tile_path(level, index, full);
    const auto bytes = read_small_file(path, full * sizeof(tree_hash)).value_or("");
    if (bytes.size() != full * sizeof(tree_hash)) {
        throw fault{exit_code::refused, fmt::format("{} is not a whole tile: remove it and run again", path.string())};
    }
    auto hashes = hashes_in(bytes);
    hashes.resize(width);
    return hashes;
}

std::vector<tree_hash> tile_directory::leaves_of_entries(std::int64_t index, std::size_t width) const {
    const auto bytes = read_small_file(root_ / entries_path(index, width), max_bundle_bytes).value_or("");
    std::vector<tree_hash> leaves;
    std::string_view rest = bytes;
    while (rest.size() >= 2) {
        const auto high = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]));
        const auto length = high << 8U | static_cast<std::size_t>(static_cast<unsigned char>(rest[1]));
        if (rest.size() < 2 + length) {
            break;
        }
        leaves.push_back(leaf_hash(rest.substr(2, length)));
        rest.remove_prefix(2 + length);
    }
    return rest.empty() ? leaves : std::vector<tree_hash>{};
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

bool tile_directory::write_tile(std::size_t level, std::int64_t index, std::size_t width, std::string_view hashes) {
    const auto file = root_ / tile_path(level, index, width);
    std::error_code missing;
    if (fs::file_size(file, missing) == hashes.size() && read_small_file(file, hashes.size()) == hashes) {
        return false;
    }
    write(file, hashes);
    return true;
}

void tile_directory::write_entries(std::int64_t index, std::size_t width, std::string_view bundle) {
    write(root_ / entries_path(index, width), bundle);
}

void tile_directory::drop_partial_tiles(std::size_t level, std::int64_t index) const {
    drop_partials(root_ / (tile_path(level, index, full) + ".p"));
}

void tile_directory::drop_partial_entries(std::int64_t index) const {
    drop_partials(root_ / (entries_path(index, full) + ".p"));
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
