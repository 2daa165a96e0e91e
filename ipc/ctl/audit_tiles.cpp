// SPDX-License-Identifier: Apache-2.0
//
// audit tiles DIR: the log as static files, to be served or carried away. What is there already is not fetched again.
//
// Everything is checked before it is written: the partial tiles lead to the checkpoint's root, each full tile to the
// hash that the level above has for it, each record to its leaf, and the tree to the root of the checkpoint that was
// there before. That one is replaced last: so the directory never stands for what it does not hold, and a log that was
// rewritten cannot be mirrored over its own past. Partial tiles of older sizes stay until their tile is full, for those
// who still read an older checkpoint.
#include <vector>

#include <fmt/format.h>

#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/directory_kind.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/held_checkpoint.hpp"
#include "ipc/ctl/record_pages.hpp"
#include "ipc/ctl/tile_directory.hpp"
#include "ipc/ctl/view.hpp"
#include "schema/proof/base64.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/proof/tile_path.hpp"

namespace valhalla::ctl {

namespace {

using schema::hash256;
using schema::hashes_in_level;
using schema::tile_width;
using schema::width_at;

struct tiles_options {
    std::string directory;
};

std::vector<hash256> fetch_tile(context& io, unsigned level, std::uint64_t index, unsigned width) {
    params p;
    p.number("level", std::uint64_t{level}).number("index", index).number("width", std::uint64_t{width});
    const auto result = io.call("audit.tile", p.done());
    const auto& hashes = member(result.value, "hashes");
    const auto bytes = hashes.is_string() ? schema::from_base64(text_of(hashes)) : std::nullopt;
    const bool asked_for = integer(result.value, "level") == level &&
                           integer(result.value, "index") == static_cast<std::int64_t>(index) &&
                           integer(result.value, "width") == width;
    if (!asked_for || !bytes || bytes->size() != width * sizeof(hash256)) {
        throw contradiction(fmt::format("audit.tile answered something else than tile {} of level {} with {} hashes",
                                        index, level, width));
    }
    return schema::hashes_in(*bytes);
}

/// One run: from the checkpoint that is there, if any, to the daemon's newest.
class mirror {
  public:
    mirror(context& io, tile_directory directory, const schema::tree_head& now, std::uint64_t held_size)
        : io_{io}, files_{std::move(directory)}, now_{now}, held_size_{held_size} {}

    /// The right edge of the tree, which its root is made of. Kept in memory: at most 255 hashes a level.
    void fetch_partial_tiles();
    void fetch_full_tiles();
    /// False when the tree is not a continuation of that of `held`.
    [[nodiscard]] bool continues(const schema::tree_head& held);
    void write_partial_tiles();
    void fetch_entries();
    /// Those that a full tile has taken the place of.
    void drop_partials() const;
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }

  private:
    [[nodiscard]] std::uint64_t full_tiles(unsigned level) const {
        return hashes_in_level(now_.size, level) / tile_width;
    }
    [[nodiscard]] bool is_covered(unsigned level, std::uint64_t index) const {
        return index < hashes_in_level(held_size_, level) / tile_width;
    }
    [[nodiscard]] std::vector<hash256> read(unsigned level, std::uint64_t index, unsigned width) const;
    [[nodiscard]] hash256 root_at(std::uint64_t size);
    /// What the level above says about a full tile.
    [[nodiscard]] hash256 root_of_tile(unsigned level, std::uint64_t index) const;
    void fetch_bundle(record_reader& records, std::uint64_t index, unsigned width);

    context& io_;
    tile_directory files_;
    schema::tree_head now_;
    std::uint64_t held_size_;
    schema::hasher hasher_;
    std::vector<std::vector<hash256>> partial_;  // by level; empty where there is none
    std::int64_t written_ = 0;
};

std::vector<hash256> mirror::read(unsigned level, std::uint64_t index, unsigned width) const {
    if (index < full_tiles(level)) {
        return files_.read_tile(level, index, width);
    }
    const auto& edge = partial_.at(level);
    return {edge.begin(), edge.begin() + static_cast<std::ptrdiff_t>(width)};
}

hash256 mirror::root_of_tile(unsigned level, std::uint64_t index) const {
    return read(level + 1, index / tile_width, static_cast<unsigned>(index % tile_width) + 1).back();
}

void mirror::fetch_partial_tiles() {
    for (unsigned level = 0; hashes_in_level(now_.size, level) > 0; ++level) {
        const auto width = width_at(hashes_in_level(now_.size, level), full_tiles(level));
        auto& edge = partial_.emplace_back();
        if (width > 0) {
            edge = fetch_tile(io_, level, full_tiles(level), width);
        }
    }
    if (root_at(now_.size) != now_.root) {
        throw contradiction("the tiles do not lead to the root of the checkpoint");
    }
}

void mirror::fetch_full_tiles() {
    // From above: each tile is checked by its parent.
    for (auto level = static_cast<unsigned>(partial_.size()); level-- > 0;) {
        for (std::uint64_t index = 0; index < full_tiles(level); ++index) {
            if (files_.has_tile(level, index) &&
                (is_covered(level, index) ||
                 hasher_.root_of(read(level, index, tile_width)) == root_of_tile(level, index))) {
                continue;
            }
            io_.progress(fmt::format("hashes: level {}, tile {} of {}", level, index + 1, full_tiles(level)));
            const auto hashes = fetch_tile(io_, level, index, tile_width);
            if (hasher_.root_of(hashes) != root_of_tile(level, index)) {
                throw contradiction(fmt::format("tile {} of level {} does not have its root", index, level));
            }
            written_ += files_.write_tile(level, index, hashes) ? 1 : 0;
        }
    }
}

hash256 mirror::root_at(std::uint64_t size) {
    const auto tiles = [this](unsigned level, std::uint64_t index, unsigned width) {
        return read(level, index, width);
    };
    const auto subtrees = [&](unsigned height, std::uint64_t index) {
        return schema::subtree_of_tiles(height, index, tiles, hasher_);
    };
    return schema::root_at(size, subtrees, hasher_);
}

bool mirror::continues(const schema::tree_head& held) {
    return root_at(held.size) == held.root;
}

void mirror::write_partial_tiles() {
    for (unsigned level = 0; level < partial_.size(); ++level) {
        const auto& edge = partial_[level];
        if (!edge.empty() && files_.write_tile(level, full_tiles(level), edge)) {
            ++written_;
        }
    }
}

void mirror::fetch_bundle(record_reader& records, std::uint64_t index, unsigned width) {
    std::string bundle;
    const auto leaves = read(0, index, width);
    for (unsigned i = 0; i < width; ++i) {
        const auto seq = static_cast<std::int64_t>(index * tile_width + i + 1);
        const auto record = records.read(seq);
        if (hasher_.leaf(record) != leaves[i]) {
            throw contradiction(fmt::format("record {} does not have the hash that its tile says", seq));
        }
        append_entry(bundle, record);
    }
    files_.write_entries(index, width, bundle);
    ++written_;
}

void mirror::fetch_entries() {
    record_reader records{io_, static_cast<std::int64_t>(now_.size)};
    for (std::uint64_t index = 0; index * tile_width < now_.size; ++index) {
        const auto width = width_at(now_.size, index);
        // What no checkpoint covers as a full tile is kept when it is what it must be.
        if (files_.has_entries(index, width) &&
            (is_covered(0, index) || files_.leaves_of_entries(index, width, hasher_) == read(0, index, width))) {
            continue;
        }
        io_.progress(fmt::format("records: {} of {}", index * tile_width, now_.size));
        fetch_bundle(records, index, width);
    }
}

void mirror::drop_partials() const {
    for (unsigned level = 0; level < partial_.size(); ++level) {
        for (auto index = hashes_in_level(held_size_, level) / tile_width; index < full_tiles(level); ++index) {
            files_.drop_partial_tiles(level, index);
            if (level == 0) {
                files_.drop_partial_entries(index);
            }
        }
    }
}

/// Number of files that were written, beside the checkpoint.
std::int64_t write_tiles(context& io, const std::string& directory, const signed_checkpoint& now) {
    const auto held = held_checkpoint(directory, now);
    mirror run{io, tile_directory{directory}, now.says.head, held ? held->says.head.size : 0};
    run.fetch_partial_tiles();
    run.fetch_full_tiles();
    if (held && !run.continues(held->says.head)) {
        throw fault{exit_code::unverified,
                    fmt::format("the daemon's log does not continue the one in {}: its past was rewritten. Keep the "
                                "directory as evidence and find out why",
                                directory)};
    }
    run.write_partial_tiles();
    run.fetch_entries();
    io.progress("waiting for the disk");
    replace_checkpoint(directory, now.note);
    run.drop_partials();
    return run.written();
}

exit_code tiles(context& io, const tiles_options& options) {
    refuse_other_kind(options.directory, directory_kind::tiles);
    const auto now = fetch_checkpoint(io);
    make_directory(options.directory);
    std::int64_t written = 0;
    try {
        written = write_tiles(io, options.directory, now);
    } catch (...) {
        io.progress({});
        throw;
    }
    io.progress({});
    if (io.json) {
        io.out.json_line(params{}
                             .text("directory", options.directory)
                             .text("origin", now.origin())
                             .number("size", now.size())
                             .number("written", written)
                             .done());
    } else {
        io.out.paragraph(fmt::format("{} holds the {} records of {}; {} files are new.", options.directory, now.size(),
                                     now.origin(), written));
    }
    return exit_code::done;
}

}  // namespace

void add_audit_tiles(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<tiles_options>();
    auto& verb =
        *noun.add_subcommand("tiles", "Write the log as static files (C2SP tlog-tiles) into DIR, or what is new");
    add_directory(verb, o->directory)->required();
    on_choice(verb, chosen, o, tiles);
}

}  // namespace valhalla::ctl
