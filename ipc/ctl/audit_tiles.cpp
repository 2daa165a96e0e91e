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
#include "ipc/ctl/base64.hpp"
#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/held_checkpoint.hpp"
#include "ipc/ctl/record_pages.hpp"
#include "ipc/ctl/tile_directory.hpp"
#include "ipc/ctl/tile_path.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

constexpr auto full = static_cast<std::size_t>(tile_width);

struct tiles_options {
    std::string directory;
};

/// `width` hashes of a tile, as bytes.
std::string fetch_tile(context& io, std::size_t level, std::int64_t index, std::size_t width) {
    params p;
    p.number("level", std::uint64_t{level}).number("index", index).number("width", std::uint64_t{width});
    const auto result = io.call("audit.tile", p.done());
    const auto& hashes = member(result.value, "hashes");
    auto bytes = hashes.is_string() ? from_base64(text_of(hashes)) : std::nullopt;
    const bool asked_for = integer(result.value, "level") == static_cast<std::int64_t>(level) &&
                           integer(result.value, "index") == index &&
                           integer(result.value, "width") == static_cast<std::int64_t>(width);
    if (!asked_for || !bytes || bytes->size() != width * sizeof(tree_hash)) {
        throw contradiction(fmt::format("audit.tile answered something else than tile {} of level {} with {} hashes",
                                        index, level, width));
    }
    return std::move(*bytes);
}

/// One run: from the checkpoint that is there, if any, to the daemon's newest.
class mirror {
  public:
    mirror(context& io, tile_directory directory, const checkpoint& now, std::int64_t held_size)
        : io_{io}, files_{std::move(directory)}, now_{now}, held_size_{held_size} {}

    /// The right edge of the tree, which its root is made of. Kept in memory: at most 255 hashes a level.
    void fetch_partial_tiles();
    void fetch_full_tiles();
    /// False when the tree is not a continuation of that of `held`.
    [[nodiscard]] bool continues(const checkpoint& held) const;
    void write_partial_tiles();
    void fetch_entries();
    /// Those that a full tile has taken the place of.
    void drop_partials() const;
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }

  private:
    [[nodiscard]] std::int64_t full_tiles(std::size_t level) const { return hashes_at(now_.size, level) / tile_width; }
    [[nodiscard]] bool is_covered(std::size_t level, std::int64_t index) const {
        return index < hashes_at(held_size_, level) / tile_width;
    }
    [[nodiscard]] std::vector<tree_hash> read(std::size_t level, std::int64_t index, std::size_t width) const;
    /// What the level above says about a full tile.
    [[nodiscard]] tree_hash root_of_tile(std::size_t level, std::int64_t index) const;
    void fetch_bundle(record_reader& records, std::int64_t index, std::size_t width);

    context& io_;
    tile_directory files_;
    const checkpoint& now_;
    std::int64_t held_size_;
    std::vector<std::vector<tree_hash>> partial_;  // by level; empty where there is none
    std::int64_t written_ = 0;
};

std::vector<tree_hash> mirror::read(std::size_t level, std::int64_t index, std::size_t width) const {
    if (index < full_tiles(level)) {
        return files_.read_tile(level, index, width);
    }
    const auto& edge = partial_.at(level);
    return {edge.begin(), edge.begin() + static_cast<std::ptrdiff_t>(width)};
}

tree_hash mirror::root_of_tile(std::size_t level, std::int64_t index) const {
    return read(level + 1, index / tile_width, static_cast<std::size_t>(index % tile_width) + 1).back();
}

void mirror::fetch_partial_tiles() {
    for (std::size_t level = 0; hashes_at(now_.size, level) > 0; ++level) {
        const auto width = width_at(hashes_at(now_.size, level), full_tiles(level));
        auto& edge = partial_.emplace_back();
        if (width > 0) {
            edge = hashes_in(fetch_tile(io_, level, full_tiles(level), width));
        }
    }
    const auto read_edge = [this](std::size_t level, std::int64_t, std::size_t) { return partial_[level]; };
    if (root_of_tiles(now_.size, read_edge) != now_.root) {
        throw contradiction("the tiles do not lead to the root of the checkpoint");
    }
}

void mirror::fetch_full_tiles() {
    for (std::size_t level = partial_.size(); level-- > 0;) {  // from above: each tile is checked by its parent
        for (std::int64_t index = 0; index < full_tiles(level); ++index) {
            if (files_.has_tile(level, index) &&
                (is_covered(level, index) || root_of(read(level, index, full)) == root_of_tile(level, index))) {
                continue;
            }
            io_.progress(fmt::format("hashes: level {}, tile {} of {}", level, index + 1, full_tiles(level)));
            const auto bytes = fetch_tile(io_, level, index, full);
            if (root_of(hashes_in(bytes)) != root_of_tile(level, index)) {
                throw contradiction(fmt::format("tile {} of level {} does not have its root", index, level));
            }
            written_ += files_.write_tile(level, index, full, bytes) ? 1 : 0;
        }
    }
}

bool mirror::continues(const checkpoint& held) const {
    const auto read_tile = [this](std::size_t level, std::int64_t index, std::size_t width) {
        return read(level, index, width);
    };
    return root_of_tiles(held.size, read_tile) == held.root;
}

void mirror::write_partial_tiles() {
    for (std::size_t level = 0; level < partial_.size(); ++level) {
        std::string bytes;
        for (const auto& hash : partial_[level]) {
            bytes += bytes_of(hash);
        }
        const auto width = partial_[level].size();
        if (width > 0 && files_.write_tile(level, full_tiles(level), width, bytes)) {
            ++written_;
        }
    }
}

void mirror::fetch_bundle(record_reader& records, std::int64_t index, std::size_t width) {
    std::string bundle;
    const auto leaves = read(0, index, width);
    for (std::size_t i = 0; i < width; ++i) {
        const auto seq = index * tile_width + static_cast<std::int64_t>(i) + 1;
        const auto record = records.read(seq);
        if (leaf_hash(record) != leaves[i]) {
            throw contradiction(fmt::format("record {} does not have the hash that its tile says", seq));
        }
        append_entry(bundle, record);
    }
    files_.write_entries(index, width, bundle);
    ++written_;
}

void mirror::fetch_entries() {
    record_reader records{io_, now_.size};
    for (std::int64_t index = 0; index * tile_width < now_.size; ++index) {
        const auto width = width_at(now_.size, index);
        // What no checkpoint covers as a full tile is kept when it is what it must be.
        if (files_.has_entries(index, width) &&
            (is_covered(0, index) || files_.leaves_of_entries(index, width) == read(0, index, width))) {
            continue;
        }
        io_.progress(fmt::format("records: {} of {}", index * tile_width, now_.size));
        fetch_bundle(records, index, width);
    }
}

void mirror::drop_partials() const {
    for (std::size_t level = 0; level < partial_.size(); ++level) {
        for (auto index = hashes_at(held_size_, level) / tile_width; index < full_tiles(level); ++index) {
            files_.drop_partial_tiles(level, index);
            if (level == 0) {
                files_.drop_partial_entries(index);
            }
        }
    }
}

/// Number of files that were written, beside the checkpoint.
std::int64_t write_tiles(context& io, const std::string& directory, const checkpoint& now) {
    const auto held = held_checkpoint(directory, now);
    mirror run{io, tile_directory{directory}, now, held ? held->size : 0};
    run.fetch_partial_tiles();
    run.fetch_full_tiles();
    if (held && !run.continues(*held)) {
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
                             .text("origin", now.origin)
                             .number("size", now.size)
                             .number("written", written)
                             .done());
    } else {
        io.out.paragraph(fmt::format("{} holds the {} records of {}; {} files are new.", options.directory, now.size,
                                     now.origin, written));
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
