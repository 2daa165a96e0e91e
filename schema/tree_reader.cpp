// SPDX-License-Identifier: Apache-2.0
#include "schema/tree_reader.hpp"

#include <fmt/format.h>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

std::vector<hash256> tree_reader::tile(unsigned level, std::uint64_t index, std::size_t width) {
    const auto first = static_cast<std::int64_t>(index * tile_width);
    const auto last = first + static_cast<std::int64_t>(width) - 1;
    auto row = level == 0 ? leaves_.use(first + 1, last + 1)  // seq counts from 1
                          : roots_.use(static_cast<std::int64_t>(level) - 1, first, last);
    std::vector<hash256> hashes;
    hashes.reserve(width);
    while (row.step()) {
        hashes.push_back(stored_hash(row.blob(0), level == 0 ? "audit.leaf" : "tree_tile.root"));
    }
    if (hashes.size() != width) {
        throw_damaged(level == 0 ? "audit" : fmt::format("tree_tile at level {}", level - 1));
    }
    return hashes;
}

hash256 tree_reader::root_at(std::uint64_t size) {
    return schema::root_at(size, source_, hasher_);
}

std::vector<hash256> tree_reader::inclusion(std::uint64_t index, std::uint64_t size) {
    return inclusion_proof(index, size, source_, hasher_);
}

std::vector<hash256> tree_reader::consistency(std::uint64_t old_size, std::uint64_t size) {
    return consistency_proof(old_size, size, source_, hasher_);
}

}  // namespace valhalla::schema
