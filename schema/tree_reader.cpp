// SPDX-License-Identifier: Apache-2.0
#include "schema/tree_reader.hpp"

#include <fmt/format.h>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

std::vector<hash256> tree_reader::tile(unsigned level, std::uint64_t index, std::size_t width) {
    const std::uint64_t first = index * tile_width;
    return level == 0 ? leaves(audit_seq{static_cast<std::int64_t>(first) + 1}, width)  // seq counts from 1
                      : roots(level - 1, first, width);
}

std::vector<hash256> tree_reader::leaves(audit_seq first, std::size_t count) {
    std::vector<hash256> hashes;
    hashes.reserve(count);
    auto row = runs_.use(first);
    for (audit_seq wanted = first; hashes.size() < count && row.step(); wanted = next(run_.last())) {
        run_.read_with(wanted, row);
        for (std::size_t at = run_.place(wanted); at < run_.size() && hashes.size() < count; ++at) {
            hashes.push_back(stored_hash(run_.leaf(at), "audit.leaves"));
        }
    }
    if (hashes.size() != count) {
        throw_damaged("audit");
    }
    return hashes;
}

std::vector<hash256> tree_reader::roots(unsigned level, std::uint64_t first, std::size_t count) {
    std::vector<hash256> hashes;
    hashes.reserve(count);
    auto row = roots_.use(level, first, first + count - 1);
    while (row.step()) {
        if (row.integer(1) != static_cast<std::int64_t>(first + hashes.size()) || hashes.size() == count) {
            throw_damaged("tree_tile");
        }
        hashes.push_back(stored_hash(row.blob(0), "tree_tile.root"));
    }
    if (hashes.size() != count) {
        throw_damaged(fmt::format("tree_tile at level {}", level));
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
