// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "schema/proof/tile_path.hpp"
#include "schema/verify/text_trail.hpp"

namespace valhalla::verify {

namespace fs = std::filesystem;
using schema::full_tile;
using schema::tile_path;
using schema::tile_width;

namespace {

constexpr std::uint64_t bundles_per_report = 64;

/// A tile or bundle that was opened. A partial one may have been replaced by the full one as the log grew.
struct opened_tile {
    byte_source source;
    std::string name;
    bool only_the_start;  ///< more follows than is wanted
};

opened_tile open_tile(const fs::path& directory, const tile_path& path) {
    const auto name = path.text();
    if (auto source = byte_source::open(directory / name)) {
        return {*std::move(source), name, false};
    }
    const auto full = tile_path{.level = path.level, .index = path.index}.text();
    auto source = path.width < tile_width ? byte_source::open(directory / full) : std::nullopt;
    if (!source) {
        blame_file(name, "is missing");
    }
    return {*std::move(source), full, true};
}

void check_tile(const fs::path& directory, const tile_path& path, std::span<const hash256> hashes) {
    auto tile = open_tile(directory, path);
    const auto computed = std::as_bytes(hashes);
    const auto is = tile.source.take(computed.size());
    if (is.size() != computed.size()) {
        blame_file(tile.name,
                   fmt::format("has {} bytes, and {} hashes have {}", is.size(), hashes.size(), computed.size()));
    }
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (std::memcmp(is.data() + i * sizeof(hash256), hashes[i].data(), sizeof(hash256)) != 0) {
            const auto record = path.index * tile_width + i + 1;
            blame_file(tile.name,
                       fmt::format("is not what the entries make it, first at hash {}{}", i,
                                   path.level == 0U ? fmt::format(", of record {}", record) : std::string{}));
        }
    }
    if (!tile.only_the_start && !tile.source.take(1).empty()) {
        blame_file(tile.name, "goes on behind its last hash");
    }
}

void walk_bundle(const fs::path& directory, const tile_path& path, record_chain& chain) {
    auto bundle = open_tile(directory, path);
    for (unsigned i = 0; i < path.width; ++i) {
        const auto length = bundle.source.take(2);
        const auto size = length.size() < 2 ? 0U
                                            : static_cast<std::size_t>(static_cast<unsigned char>(length[0])) * 256U +
                                                  static_cast<unsigned char>(length[1]);
        const auto record = length.size() < 2 ? length : bundle.source.take(size);
        if (length.size() < 2 || record.size() < size) {
            blame_file(bundle.name, fmt::format("ends in the middle of record {}", raw(chain.next_seq())));
        }
        try {
            chain.add(record);
        } catch (bad_evidence& bad) {
            if (bad.what.record) {
                bad.what.file = bundle.name;
            }
            throw;
        }
    }
    if (!bundle.only_the_start && !bundle.source.take(1).empty()) {
        blame_file(bundle.name, fmt::format("goes on behind its last entry, record {}", chain.size()));
    }
}

void walk_bundles(const fs::path& directory, std::uint64_t size, record_chain& chain, const progress_sink& progress) {
    for (std::uint64_t bundle = 0; chain.size() < size; ++bundle) {
        const auto width = std::min<std::uint64_t>(tile_width, size - chain.size());
        walk_bundle(directory, {.level = {}, .index = bundle, .width = static_cast<unsigned>(width)}, chain);
        if (progress && (bundle % bundles_per_report == 0 || chain.size() == size)) {
            progress(chain.size(), size);
        }
    }
}

void check_partial_tiles(const fs::path& directory, const record_chain& chain) {
    const auto size = chain.size();
    for (unsigned level = 0; schema::hashes_in_level(size, level) != 0; ++level) {
        const auto hashes = chain.tree().open_hashes(level);
        if (!hashes.empty()) {
            const auto index = schema::hashes_in_level(size, level) / tile_width;
            check_tile(directory, {.level = level, .index = index, .width = static_cast<unsigned>(hashes.size())},
                       hashes);
        }
    }
}

}  // namespace

void verify_tiles(const fs::path& directory, checkpoint_book& checkpoints, const progress_sink& progress, report& r) {
    const auto note = read_small_file(directory / "checkpoint", checkpoint_bytes);
    if (!note) {
        blame_file("checkpoint", "is missing");
    }
    auto c = parse_checkpoint("checkpoint", *note);
    c.newest = true;
    const auto size = c.says.head.size;
    checkpoints.add(std::move(c));
    record_chain chain{checkpoints, [&](const full_tile& tile) {
                           check_tile(directory, {.level = tile.level, .index = tile.index}, tile.hashes);
                       }};
    try {
        walk_bundles(directory, size, chain, progress);
    } catch (...) {
        chain.tell(r);
        throw;
    }
    chain.tell(r);
    check_partial_tiles(directory, chain);
    r.checked.emplace_back("every record in the entry bundles, and every tile of every level against them");
}

}  // namespace valhalla::verify
