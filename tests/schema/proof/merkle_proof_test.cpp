// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/merkle_proof.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace valhalla::schema;

namespace {

/// A tree small enough to compute everything the slow way.
struct small_tree {
    explicit small_tree(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            leaves.push_back(h.leaf("record " + std::to_string(i)));
        }
    }
    [[nodiscard]] tree_head head(std::uint64_t size) {
        return {size, h.root_of(std::span{leaves}.first(static_cast<std::size_t>(size)))};
    }
    subtree_source source() {
        return [this](unsigned height, std::uint64_t index) {
            ++asked;
            return h.root_of(std::span{leaves}.subspan(static_cast<std::size_t>(index << height), 1U << height));
        };
    }
    hasher h;
    std::vector<hash256> leaves;
    std::size_t asked = 0;
};

constexpr std::uint64_t largest = 70;

hash256 flipped(hash256 hash, std::size_t bit) {
    hash[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    return hash;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(merkle_proof)

BOOST_AUTO_TEST_CASE(old_roots_are_reproducible) {
    small_tree t{largest};
    for (std::uint64_t size = 0; size <= largest; ++size) {
        BOOST_CHECK(root_at(size, t.source(), t.h) == t.head(size).root);
    }
}

BOOST_AUTO_TEST_CASE(every_leaf_of_every_size_has_an_inclusion_proof) {
    small_tree t{largest};
    for (std::uint64_t size = 1; size <= largest; ++size) {
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto proof = inclusion_proof(i, size, t.source(), t.h);
            BOOST_TEST(verify_inclusion(i, t.leaves[i], t.head(size), proof, t.h), "leaf " << i << " of " << size);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_inclusion_proof_holds_for_nothing_else) {
    small_tree t{largest};
    for (const std::uint64_t size : {1U, 2U, 7U, 64U, 70U}) {
        const auto head = t.head(size);
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto proof = inclusion_proof(i, size, t.source(), t.h);
            BOOST_TEST(!verify_inclusion(i, flipped(t.leaves[i], 9), head, proof, t.h));
            BOOST_TEST(!verify_inclusion(i, t.leaves[i], {size, flipped(head.root, 200)}, proof, t.h));
            BOOST_TEST(!verify_inclusion(size, t.leaves[i], head, proof, t.h));
            auto longer = proof;
            longer.push_back(head.root);
            BOOST_TEST(!verify_inclusion(i, t.leaves[i], head, longer, t.h));
            if (size > 1) {
                BOOST_TEST(!verify_inclusion((i + 1) % size, t.leaves[i], head, proof, t.h));
                BOOST_TEST(!verify_inclusion(i, t.leaves[i], head, std::span{proof}.first(proof.size() - 1), t.h));
            }
            for (std::size_t k = 0; k < proof.size(); ++k) {
                auto forged = proof;
                forged[k] = flipped(forged[k], 77);
                BOOST_TEST(!verify_inclusion(i, t.leaves[i], head, forged, t.h));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_pair_of_sizes_has_a_consistency_proof) {
    small_tree t{largest};
    for (std::uint64_t size = 0; size <= largest; ++size) {
        for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
            const auto proof = consistency_proof(old_size, size, t.source(), t.h);
            BOOST_TEST(verify_consistency(t.head(old_size), t.head(size), proof, t.h), old_size << " in " << size);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_fork_or_a_shorter_tree_is_not_consistent) {
    small_tree t{largest};
    for (const std::uint64_t size : {2U, 8U, 37U, 70U}) {
        for (std::uint64_t old_size = 1; old_size < size; ++old_size) {
            const auto proof = consistency_proof(old_size, size, t.source(), t.h);
            const auto old_head = t.head(old_size);
            const auto head = t.head(size);
            BOOST_TEST(!verify_consistency({old_size, flipped(old_head.root, 3)}, head, proof, t.h));
            BOOST_TEST(!verify_consistency(old_head, {size, flipped(head.root, 3)}, proof, t.h));
            BOOST_TEST(!verify_consistency(head, old_head, proof, t.h));
            BOOST_TEST(!verify_consistency(old_head, head, std::span{proof}.first(proof.size() - 1), t.h));
        }
    }
    BOOST_TEST(!verify_consistency({0, t.leaves[0]}, t.head(5), {}, t.h));
}

BOOST_AUTO_TEST_CASE(a_proof_asks_for_few_subtrees) {
    small_tree t{largest};
    static_cast<void>(inclusion_proof(17, largest, t.source(), t.h));
    static_cast<void>(consistency_proof(33, largest, t.source(), t.h));
    BOOST_TEST(t.asked <= 24U);  // each at most two per level of a tree of seven levels, less what is shared
}

BOOST_AUTO_TEST_CASE(a_subtree_follows_from_one_tile) {
    small_tree t{2 * tile_width};
    const auto whole = t.source();
    std::vector<hash256> level_1{whole(tile_height, 0), whole(tile_height, 1)};
    std::size_t read = 0;
    const tile_source tiles = [&](unsigned level, std::uint64_t index, unsigned width) {
        ++read;
        BOOST_TEST(width <= tile_width);
        const auto hashes = level == 0 ? std::span{t.leaves}.subspan(index * tile_width, width) : std::span{level_1};
        return std::vector<hash256>(hashes.begin(), hashes.begin() + width);
    };
    for (unsigned height = 0; height <= tile_height + 1; ++height) {
        for (std::uint64_t index = 0; index < t.leaves.size() >> height; ++index) {
            BOOST_TEST((subtree_of_tiles(height, index, tiles, t.h) == whole(height, index)), height << '/' << index);
        }
    }
    BOOST_TEST(read == 1023U);
}

BOOST_AUTO_TEST_SUITE_END()
