// SPDX-License-Identifier: Apache-2.0
#include "schema/tree_store.hpp"

#include <fmt/format.h>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

tree_store::tree_store(const connection& db, audit_log& log)
    : db_{db},
      log_{log},
      write_tile_{[this](const full_tile& tile) { insert_.run(tile.level, tile.index, tile.root); }} {
    recover();
    committed();
}

void tree_store::recover() {
    const auto size = static_cast<std::uint64_t>(raw(log_.end().last));
    growing_ = growing_tree::recover(size, hasher_, [&](unsigned level) {
        const std::size_t width = growing_tree::partial_width(size, level);
        std::vector<hash256> hashes = level == 0 ? log_.leaves_after(audit_seq{static_cast<std::int64_t>(size - width)})
                                                 : roots_of_open_tile(size, level);
        if (hashes.size() != width) {
            throw_damaged(level == 0 ? "audit" : fmt::format("tree_tile at level {}", level - 1));
        }
        return hashes;
    });
}

std::vector<hash256> tree_store::roots_of_open_tile(std::uint64_t size, unsigned level) {
    const std::uint64_t first = (size >> (tile_height * (level + 1))) * tile_width;
    std::vector<hash256> roots;
    auto row = roots_.use(level - 1, first);
    while (row.step()) {
        if (row.integer(1) != static_cast<std::int64_t>(first + roots.size())) {
            throw_damaged("tree_tile");
        }
        roots.push_back(stored_hash(row.blob(0), "tree_tile.root"));
    }
    return roots;
}

void tree_store::committed() {
    head_ = {growing_.size(), growing_.root(hasher_)};
}

}  // namespace valhalla::schema
