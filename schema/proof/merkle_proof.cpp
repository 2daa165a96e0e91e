// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/merkle_proof.hpp"

#include <bit>

namespace valhalla::schema {

namespace {

/// Leaves [begin, end) of a tree, as the recursion of RFC 6962 cuts them: `begin` is a multiple of the size of the
/// complete subtree that the range starts with.
struct leaf_range {
    std::uint64_t begin;
    std::uint64_t end;

    [[nodiscard]] std::uint64_t size() const { return end - begin; }
    /// Largest power of two smaller than the size.
    [[nodiscard]] std::uint64_t split() const { return std::bit_floor(size() - 1); }
    [[nodiscard]] leaf_range left() const { return {begin, begin + split()}; }
    [[nodiscard]] leaf_range right() const { return {begin + split(), end}; }
};

class prover {
  public:
    prover(const subtree_source& from, hasher& h) : from_{from}, hasher_{h} {}

    hash256 root(leaf_range range) {
        if (std::has_single_bit(range.size())) {
            const auto height = static_cast<unsigned>(std::countr_zero(range.size()));
            return from_(height, range.begin >> height);
        }
        const auto left = root(range.left());
        return hasher_.node(left, root(range.right()));
    }

    /// PATH(m, D[n]).
    void path(std::uint64_t m, leaf_range range, std::vector<hash256>& out) {
        if (range.size() == 1) {
            return;
        }
        const auto k = range.split();
        if (m < k) {
            path(m, range.left(), out);
            out.push_back(root(range.right()));
        } else {
            path(m - k, range.right(), out);
            out.push_back(root(range.left()));
        }
    }

    /// SUBPROOF(m, D[n], b); `known` is b: the verifier has the root of this range already.
    void subproof(std::uint64_t m, leaf_range range, bool known, std::vector<hash256>& out) {
        if (m == range.size()) {
            if (!known) {
                out.push_back(root(range));
            }
            return;
        }
        const auto k = range.split();
        if (m <= k) {
            subproof(m, range.left(), known, out);
            out.push_back(root(range.right()));
        } else {
            subproof(m - k, range.right(), false, out);
            out.push_back(root(range.left()));
        }
    }

  private:
    const subtree_source& from_;
    hasher& hasher_;
};

}  // namespace

hash256 subtree_of_tiles(unsigned height, std::uint64_t index, const tile_source& tiles, hasher& h) {
    const unsigned within = height % tile_height;
    const std::uint64_t first = index << within;
    const auto begin = static_cast<unsigned>(first % tile_width);
    const unsigned count = 1U << within;
    const auto hashes = tiles(height / tile_height, first / tile_width, begin + count);
    return h.root_of(std::span{hashes}.subspan(begin, count));
}

hash256 root_at(std::uint64_t size, const subtree_source& from, hasher& h) {
    return size == 0 ? h.plain("") : prover{from, h}.root({0, size});
}

std::vector<hash256> inclusion_proof(std::uint64_t index, std::uint64_t size, const subtree_source& from, hasher& h) {
    std::vector<hash256> proof;
    prover{from, h}.path(index, {0, size}, proof);
    return proof;
}

std::vector<hash256> consistency_proof(std::uint64_t old_size, std::uint64_t size, const subtree_source& from,
                                       hasher& h) {
    std::vector<hash256> proof;
    if (old_size != 0 && old_size != size) {
        prover{from, h}.subproof(old_size, {0, size}, true, proof);
    }
    return proof;
}

bool verify_inclusion(std::uint64_t index, const hash256& leaf, const tree_head& head, std::span<const hash256> proof,
                      hasher& h) {
    if (index >= head.size) {
        return false;
    }
    auto node = index;
    auto last = head.size - 1;
    auto root = leaf;
    for (const auto& sibling : proof) {
        if (last == 0) {
            return false;
        }
        if ((node & 1U) != 0 || node == last) {
            root = h.node(sibling, root);
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            root = h.node(root, sibling);
        }
        node >>= 1U;
        last >>= 1U;
    }
    return last == 0 && root == head.root;
}

bool verify_consistency(const tree_head& old_head, const tree_head& head, std::span<const hash256> proof, hasher& h) {
    if (old_head.size > head.size) {
        return false;
    }
    if (old_head.size == 0) {
        return proof.empty() && old_head.root == h.plain("");
    }
    if (old_head.size == head.size) {
        return proof.empty() && old_head.root == head.root;
    }
    auto node = old_head.size - 1;
    auto last = head.size - 1;
    while ((node & 1U) != 0) {
        node >>= 1U;
        last >>= 1U;
    }
    // A complete old tree is its own first node; otherwise the proof brings it.
    auto rest = proof;
    hash256 old_root = old_head.root;
    if (!std::has_single_bit(old_head.size)) {
        if (rest.empty()) {
            return false;
        }
        old_root = rest.front();
        rest = rest.subspan(1);
    }
    auto new_root = old_root;
    for (const auto& sibling : rest) {
        if (last == 0) {
            return false;
        }
        if ((node & 1U) != 0 || node == last) {
            old_root = h.node(sibling, old_root);
            new_root = h.node(sibling, new_root);
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            new_root = h.node(new_root, sibling);
        }
        node >>= 1U;
        last >>= 1U;
    }
    return last == 0 && old_root == old_head.root && new_root == head.root;
}

}  // namespace valhalla::schema
