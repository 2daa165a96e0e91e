// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/merkle.hpp"

#include <cstring>

#include "ipc/ctl/sha256.hpp"
#include "ipc/ctl/tile_path.hpp"

namespace valhalla::ctl {

std::vector<tree_hash> hashes_in(std::string_view bytes) {
    std::vector<tree_hash> hashes(bytes.size() / sizeof(tree_hash));
    for (auto& hash : hashes) {
        std::memcpy(hash.data(), bytes.data(), hash.size());
        bytes.remove_prefix(hash.size());
    }
    return hashes;
}

tree_hash leaf_hash(std::string_view record) {
    sha256 digest;
    digest.add(std::string_view{"\0", 1});
    digest.add(record);
    return digest.finish_bytes();
}

tree_hash node_hash(const tree_hash& left, const tree_hash& right) {
    sha256 digest;
    digest.add("\x01");
    digest.add(bytes_of(left));
    digest.add(bytes_of(right));
    return digest.finish_bytes();
}

tree_hash root_of(std::span<const tree_hash> subtrees) {
    std::vector<tree_hash> level{subtrees.begin(), subtrees.end()};
    while (level.size() > 1) {
        for (std::size_t i = 0; i < level.size() / 2; ++i) {
            level[i] = node_hash(level[2 * i], level[2 * i + 1]);
        }
        level.resize(level.size() / 2);
    }
    return level.at(0);
}

std::optional<tree_hash> root_of_inclusion(const tree_hash& leaf, std::int64_t index, std::int64_t size,
                                           std::span<const tree_hash> proof) {
    if (index < 0 || index >= size) {
        return std::nullopt;
    }
    auto at = static_cast<std::uint64_t>(index);
    auto last = static_cast<std::uint64_t>(size) - 1;
    auto root = leaf;
    for (const auto& sibling : proof) {
        if (last == 0) {
            return std::nullopt;
        }
        if (at % 2 == 1 || at == last) {
            root = node_hash(sibling, root);
            while (at % 2 == 0 && at != 0) {  // the right edge: levels without a sibling have no hash in the proof
                at /= 2;
                last /= 2;
            }
        } else {
            root = node_hash(root, sibling);
        }
        at /= 2;
        last /= 2;
    }
    return last == 0 ? std::optional{root} : std::nullopt;
}

tree_hash root_of_tiles(std::int64_t size, const tile_reader& read_tile) {
    std::optional<tree_hash> root;
    for (std::size_t level = 0; hashes_at(size, level) > 0; ++level) {
        const auto all = hashes_at(size, level);
        const auto width = static_cast<std::size_t>(all % tile_width);
        const auto hashes = width == 0 ? std::vector<tree_hash>{} : read_tile(level, all / tile_width, width);
        // Each set bit of the width is a complete subtree; the smallest stands rightmost.
        for (std::size_t bit = 1; bit <= width; bit *= 2) {
            if ((width & bit) != 0) {
                const auto first = width & ~(2 * bit - 1);
                const auto peak = root_of(std::span{hashes}.subspan(first, bit));
                root = root ? node_hash(peak, *root) : peak;
            }
        }
    }
    return root ? *root : sha256{}.finish_bytes();
}

}  // namespace valhalla::ctl
