// SPDX-License-Identifier: Apache-2.0
//
// The small parts that proofs are made of, held against a log that is written down independently; and spans.
#include <span>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/json_span.hpp"
#include "schema/proof/base64.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/proof/tile_path.hpp"
#include "tests/ipc/ctl/fake_log.hpp"

BOOST_AUTO_TEST_SUITE(ctl_tree)

using namespace valhalla;
using namespace valhalla::ctl;
using namespace valhalla::ctl::test;

namespace {

std::vector<schema::hash256> hashes_in(std::string_view bytes) {
    return schema::hashes_in(std::as_bytes(std::span{bytes}));
}

schema::hash256 hash_of(std::string_view bytes) {
    return hashes_in(bytes).at(0);
}

std::vector<schema::hash256> hashes_of(const std::vector<std::string>& proof) {
    std::string bytes;
    for (const auto& one : proof) {
        bytes += one;
    }
    return hashes_in(bytes);
}

schema::hash256 root_of_tiles(fake_log& log, std::size_t size) {
    schema::hasher h;
    const auto tiles = [&](unsigned level, std::uint64_t index, unsigned width) {
        return hashes_in(log.tile(level, index, width));
    };
    const auto subtrees = [&](unsigned height, std::uint64_t index) {
        return schema::subtree_of_tiles(height, index, tiles, h);
    };
    return schema::root_at(size, subtrees, h);
}

}  // namespace

BOOST_AUTO_TEST_CASE(roots_of_the_reference_inputs) {
    fake_log log;
    using namespace std::string_literals;
    for (const auto& input :
         {""s, "\0"s, "\x10"s, "\x20\x21"s, "\x30\x31"s, "@ABC"s, "PQRSTUVW"s, "`abcdefghijklmno"s}) {
        log.append(input);
    }
    const std::vector<std::pair<std::size_t, std::string>> roots{
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    for (const auto& [size, root] : roots) {
        BOOST_TEST(schema::to_hex(hash_of(log.root(size))) == root);
        BOOST_TEST(schema::to_hex(root_of_tiles(log, size)) == root);
    }
}

BOOST_AUTO_TEST_CASE(roots_of_trees_of_more_than_one_tile) {
    fake_log log;
    log.grow_to(1'000);
    for (const std::size_t size : {255U, 256U, 257U, 512U, 700U, 1'000U}) {
        BOOST_TEST((root_of_tiles(log, size) == hash_of(log.root(size))), size);
    }
}

BOOST_AUTO_TEST_CASE(every_inclusion_proof_leads_to_the_root_and_no_other_does) {
    schema::hasher h;
    fake_log log;
    log.grow_to(40);
    for (std::size_t size = 1; size <= 40; ++size) {
        const schema::tree_head head{size, hash_of(log.root(size))};
        for (std::size_t index = 0; index < size; ++index) {
            const auto leaf = h.leaf(log.record(index));
            auto proof = hashes_of(log.inclusion(index, size));
            BOOST_REQUIRE(schema::verify_inclusion(index, leaf, head, proof, h));
            proof.push_back(leaf);
            BOOST_TEST(!schema::verify_inclusion(index, leaf, head, proof, h));
            proof.pop_back();
            if (!proof.empty()) {
                proof.pop_back();
                BOOST_TEST(!schema::verify_inclusion(index, leaf, head, proof, h));
            }
        }
    }
    BOOST_TEST(!schema::verify_inclusion(3, {}, {3, {}}, {}, h));
}

BOOST_AUTO_TEST_CASE(tiles_are_where_the_specification_puts_them) {
    const auto path = [](std::optional<unsigned> level, std::uint64_t index, unsigned width) {
        return schema::tile_path{.level = level, .index = index, .width = width}.text();
    };
    BOOST_TEST(path(0, 0, 256) == "tile/0/000");
    BOOST_TEST(path(1, 1'234'067, 256) == "tile/1/x001/x234/067");
    BOOST_TEST(path(2, 999, 17) == "tile/2/999.p/17");
    BOOST_TEST(path(0, 1000, 255) == "tile/0/x001/000.p/255");
    BOOST_TEST(path({}, 273, 112) == "tile/entries/273.p/112");
    BOOST_TEST(path({}, 1000, 256) == "tile/entries/x001/000");
}

BOOST_AUTO_TEST_CASE(levels_have_their_widths) {
    BOOST_TEST(schema::hashes_in_level(70'000, 1) == 273U);
    BOOST_TEST(schema::hashes_in_level(70'000, 2) == 1U);
    BOOST_TEST(schema::hashes_in_level(70'000, 3) == 0U);
    BOOST_TEST(schema::width_at(70'000, 273) == 112U);
    BOOST_TEST(schema::width_at(70'000, 272) == 256U);
    BOOST_TEST(schema::width_at(70'000, 274) == 0U);
    BOOST_TEST(schema::hashes_in_level(max_tree_size, 7) == 0U);
}

BOOST_AUTO_TEST_CASE(base64_is_strict) {
    for (const auto* text : {"", "AA==", "AAA=", "AAAA", "+/8="}) {
        const auto bytes = schema::from_base64(text);
        BOOST_TEST((bytes && schema::to_base64(*bytes) == text), text);
    }
    for (const auto* text : {"A", "AA", "AA=", "AAA", "AB==", "AAAA\n", " AAAA", "AA==AAAA", "A===", "====", "_-8="}) {
        BOOST_TEST(!schema::from_base64(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(spans_are_the_bytes_that_stood_there) {
    const auto* object = R"({ "a" : {"b":[1, "}\"]"],"a":2} , "\u0062":1.50,"c":[] ,"d":"x","d":"y"})";
    BOOST_TEST(member_span(object, "a") == R"({"b":[1, "}\"]"],"a":2})");
    BOOST_TEST(member_span(object, "b") == "1.50");
    BOOST_TEST(member_span(object, "c") == "[]");
    BOOST_TEST(member_span(object, "d") == "");  // twice
    BOOST_TEST(member_span(object, "e") == "");
    BOOST_TEST(member_span("[1]", "a") == "");
    BOOST_TEST(member_span("{}", "a") == "");
    const auto elements = element_spans(R"([ {"x":[1,2]} , "],", -1.0e5 ,[] ])");
    BOOST_REQUIRE_EQUAL(elements.size(), 4U);
    BOOST_TEST(elements[0] == R"({"x":[1,2]})");
    BOOST_TEST(elements[1] == R"("],")");
    BOOST_TEST(elements[2] == "-1.0e5");
    BOOST_TEST(elements[3] == "[]");
    BOOST_TEST(element_spans("[ ]").empty());
    BOOST_TEST(element_spans("{}").empty());
}

BOOST_AUTO_TEST_SUITE_END()
