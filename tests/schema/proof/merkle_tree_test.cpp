// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/merkle_tree.hpp"

#include <array>
#include <bit>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace valhalla::schema {
namespace {

using namespace std::string_literals;

/// The definition in RFC 6962 §2.1, as it stands there.
hash256 naive_root(hasher& h, std::span<const hash256> leaves) {
    if (leaves.empty()) {
        return h.plain("");
    }
    if (leaves.size() == 1) {
        return leaves.front();
    }
    const std::size_t split = std::bit_ceil(leaves.size()) / 2;
    return h.node(naive_root(h, leaves.first(split)), naive_root(h, leaves.subspan(split)));
}

std::vector<hash256> some_leaves(hasher& h, std::size_t count) {
    std::vector<hash256> leaves;
    leaves.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        leaves.push_back(h.leaf(std::to_string(i)));
    }
    return leaves;
}

const std::array reference_inputs{""s,
                                  "\0"s,
                                  "\x10"s,
                                  "\x20\x21"s,
                                  "\x30\x31"s,
                                  "\x40\x41\x42\x43"s,
                                  "\x50\x51\x52\x53\x54\x55\x56\x57"s,
                                  "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s};

const std::map<std::size_t, std::string> reference_roots{
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(merkle_tree)

BOOST_AUTO_TEST_CASE(roots_are_those_of_the_certificate_transparency_reference) {
    hasher h;
    for (const auto& [size, root] : reference_roots) {
        std::vector<hash256> leaves;
        for (std::size_t i = 0; i < size; ++i) {
            leaves.push_back(h.leaf(reference_inputs.at(i)));
        }
        BOOST_TEST(to_hex(h.root_of(leaves)) == root, "size " << size);
        growing_tree tree;
        for (const hash256& leaf : leaves) {
            tree.append(leaf, h, [](const full_tile&) {});
        }
        BOOST_TEST(to_hex(tree.root(h)) == root, "growing, size " << size);
    }
}

BOOST_AUTO_TEST_CASE(leaves_and_nodes_are_hashed_like_any_other_message) {
    hasher h;
    const auto check = [&h](const std::string& record) {
        BOOST_TEST(to_hex(h.leaf(record)) == to_hex(h.plain("\0"s + record)), "of " << record.size() << " bytes");
    };
    std::string record;
    for (int i = 0; i < 300; ++i) {  // every place that the padding can have in a block, growing
        check(record);
        record += static_cast<char>(i * 37);
    }
    for (; !record.empty(); record.pop_back()) {  // and shrinking: nothing of the message before is left
        check(record);
    }
    check(std::string(65'535, 'x'));
    check("x");
    const auto text_of = [](const hash256& hash) {
        return std::string{reinterpret_cast<const char*>(hash.data()), hash.size()};
    };
    const auto left = h.leaf("left");
    const auto right = h.leaf("right");
    BOOST_TEST(to_hex(h.node(left, right)) == to_hex(h.plain("\1"s + text_of(left) + text_of(right))));
    BOOST_TEST(to_hex(h.node(right, left)) == to_hex(h.plain("\1"s + text_of(right) + text_of(left))));
}

BOOST_AUTO_TEST_CASE(every_size_up_to_600_has_the_root_of_the_definition) {
    hasher h;
    const auto leaves = some_leaves(h, 600);
    compact_range range;
    growing_tree tree;
    for (std::size_t size = 0; size <= 600; ++size) {
        const hash256 expected = naive_root(h, std::span{leaves}.first(size));
        BOOST_REQUIRE(range.root(h) == expected);
        BOOST_REQUIRE(tree.root(h) == expected);
        if (size < 600) {
            range.append(leaves[size], h);
            tree.append(leaves[size], h, [](const full_tile&) {});
        }
    }
}

BOOST_AUTO_TEST_CASE(sizes_around_tile_borders_have_the_root_of_the_definition_and_recover) {
    hasher h;
    const auto leaves = some_leaves(h, 65'536 + 512 + 1);
    std::map<std::pair<unsigned, std::uint64_t>, full_tile> tiles;
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<hash256>> contents;
    growing_tree tree;
    const auto keep = [&](const full_tile& tile) {
        BOOST_TEST(tile.hashes.size() == tile_width);
        BOOST_CHECK(tile.root == h.root_of(tile.hashes));
        tiles[{tile.level, tile.index}] = tile;
        contents[{tile.level, tile.index}].assign(tile.hashes.begin(), tile.hashes.end());
    };
    const std::vector<std::uint64_t> sizes{0,      1,      2,      255,    256,    257,    511,
                                           512,    513,    65'279, 65'280, 65'281, 65'535, 65'536,
                                           65'537, 65'791, 65'792, 65'793, 66'049};
    for (const std::uint64_t size : sizes) {
        while (tree.size() < size) {
            tree.append(leaves[tree.size()], h, keep);
        }
        const hash256 expected = naive_root(h, std::span{leaves}.first(size));
        BOOST_TEST(to_hex(tree.root(h)) == to_hex(expected), "size " << size);
        growing_tree recovered = growing_tree::recover(size, h, [&](unsigned level) {
            const std::size_t width = growing_tree::partial_width(size, level);
            std::vector<hash256> open;
            for (std::uint64_t i = (size >> (tile_height * level)) - width; i < (size >> (tile_height * level)); ++i) {
                open.push_back(level == 0 ? leaves[i] : tiles.at({level - 1, i}).root);
            }
            return open;
        });
        BOOST_TEST(recovered.size() == size);
        BOOST_TEST(to_hex(recovered.root(h)) == to_hex(expected), "recovered, size " << size);
    }
    BOOST_TEST(tiles.size() == 66'049U / 256 + 1);
    for (const auto& [where, hashes] : contents) {
        const auto& [level, index] = where;
        for (std::size_t i = 0; i < tile_width; ++i) {
            const std::uint64_t below = index * tile_width + i;
            BOOST_REQUIRE(hashes[i] == (level == 0 ? leaves[below] : tiles.at({level - 1, below}).root));
        }
    }
}

BOOST_AUTO_TEST_CASE(subtrees_append_like_their_leaves) {
    hasher h;
    const auto leaves = some_leaves(h, 700);
    compact_range range;
    range.append_subtree(h.root_of(std::span{leaves}.first(512)), 9, h);
    range.append_subtree(h.root_of(std::span{leaves}.subspan(512, 128)), 7, h);
    for (std::size_t i = 640; i < leaves.size(); ++i) {
        range.append(leaves[i], h);
    }
    BOOST_TEST(range.size() == 700U);
    BOOST_TEST(to_hex(range.root(h)) == to_hex(naive_root(h, leaves)));
}

BOOST_AUTO_TEST_CASE(a_leaf_is_no_node) {
    hasher h;
    const hash256 a = h.leaf("a");
    const hash256 b = h.leaf("b");
    std::string both(1, '\x01');
    for (const hash256& part : {a, b}) {
        both.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    BOOST_TEST(to_hex(h.node(a, b)) == to_hex(h.plain(both)));
    BOOST_TEST(to_hex(h.node(a, b)) != to_hex(h.leaf(both.substr(1))));
    BOOST_TEST(to_hex(h.leaf("")) == reference_roots.at(1));
}

BOOST_AUTO_TEST_CASE(a_level_has_a_hash_for_each_256_of_the_one_below) {
    BOOST_TEST(hashes_in_level(70'000, 0) == 70'000U);
    BOOST_TEST(hashes_in_level(70'000, 1) == 273U);
    BOOST_TEST(hashes_in_level(70'000, 2) == 1U);
    BOOST_TEST(hashes_in_level(70'000, 3) == 0U);
    BOOST_TEST(hashes_in_level(~0ULL, 7) == 255U);
    BOOST_TEST(hashes_in_level(~0ULL, 8) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
