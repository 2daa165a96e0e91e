// SPDX-License-Identifier: Apache-2.0
//
// Proofs made from what the database stores, against a tree that is built anew from the leaves.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "schema/proof/merkle_proof.hpp"
#include "schema/reader.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {

namespace {

/// Sizes around the borders of tiles and of subtrees.
const std::vector<std::uint64_t> telling_sizes{1,   2,   3,   4,   7,     8,     255,   256,   257,
                                               511, 512, 513, 767, 1'023, 1'024, 1'025, 1'299, 1'300};
constexpr std::size_t records = 1'300;

struct stored_trail : tests::store_fixture {
    stored_trail() {
        tests::history h;
        std::vector<audit_entry> entries{h.created()};
        while (entries.size() < records) {
            entries.push_back(h.decision(true));
        }
        write(entries);
        reader from{path};
        from.each_record(audit_seq{1}, audit_seq{records}, [this](std::string_view record) {
            leaves.push_back(hashes.leaf(record));
            range.append(leaves.back(), hashes);
            roots.push_back(range.root(hashes));
        });
    }
    [[nodiscard]] tree_head head(std::uint64_t size) const { return {size, roots[size - 1]}; }

    hasher hashes;
    compact_range range;
    std::vector<hash256> leaves;
    std::vector<hash256> roots;  // of the first 1, 2, … leaves
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tree_reader_, stored_trail)

BOOST_AUTO_TEST_CASE(every_old_root_can_be_had_again) {
    reader from{path};
    for (std::uint64_t size = 1; size <= records; ++size) {
        BOOST_REQUIRE_MESSAGE(from.root_at(size) == roots[size - 1], size);
    }
    BOOST_CHECK(from.root_at(0) == hashes.plain(""));
}

BOOST_AUTO_TEST_CASE(inclusion_proofs_verify_for_records_and_sizes_around_every_border) {
    reader from{path};
    for (const auto size : telling_sizes) {
        for (const auto position : telling_sizes) {
            const auto index = position - 1;
            if (index < size) {
                const auto proof = from.inclusion(index, size);
                BOOST_TEST(verify_inclusion(index, leaves[index], head(size), proof, hashes), index << " in " << size);
                BOOST_TEST(!verify_inclusion(index, hashes.leaf("forged"), head(size), proof, hashes));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(consistency_proofs_verify_between_all_telling_sizes) {
    reader from{path};
    for (const auto old_size : telling_sizes) {
        for (const auto size : telling_sizes) {
            if (old_size <= size) {
                const auto proof = from.consistency(old_size, size);
                BOOST_TEST(verify_consistency(head(old_size), head(size), proof, hashes), old_size << " to " << size);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(tiles_are_those_of_the_specification) {
    reader from{path};
    BOOST_CHECK(std::ranges::equal(from.tile(0, 0, 256), std::span{leaves}.first(256)));
    BOOST_CHECK(std::ranges::equal(from.tile(0, 0, 7), std::span{leaves}.first(7)));
    BOOST_CHECK(std::ranges::equal(from.tile(0, 5, 20), std::span{leaves}.subspan(5UL * 256, 20)));
    const auto upper = from.tile(1, 0, 5);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_CHECK(upper[i] == hashes.root_of(std::span{leaves}.subspan(i * 256, 256)));
    }
}

BOOST_AUTO_TEST_CASE(a_leaf_that_is_gone_is_a_damaged_database) {
    attack("DELETE FROM audit WHERE seq = (SELECT MIN(seq) FROM audit WHERE seq >= 1290)");
    reader from{path};
    BOOST_CHECK_EXCEPTION(static_cast<void>(from.tile(0, 5, 20)), storage_error,
                          [](const storage_error& e) { return e.fault() == storage_fault::broken; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
