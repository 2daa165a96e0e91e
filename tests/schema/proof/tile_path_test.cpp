// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/tile_path.hpp"

#include <boost/test/unit_test.hpp>

using namespace valhalla::schema;

BOOST_AUTO_TEST_SUITE(tile_paths)

BOOST_AUTO_TEST_CASE(paths_are_those_of_the_specification) {
    const auto hashes = [](unsigned level, std::uint64_t index, unsigned width = 256) {
        return tile_path{.level = level, .index = index, .width = width}.text();
    };
    BOOST_TEST(hashes(0, 0) == "tile/0/000");
    BOOST_TEST(hashes(0, 273, 112) == "tile/0/273.p/112");
    BOOST_TEST(hashes(1, 1, 17) == "tile/1/001.p/17");
    BOOST_TEST(hashes(2, 0, 1) == "tile/2/000.p/1");
    BOOST_TEST(hashes(0, 1'234'067) == "tile/0/x001/x234/067");
    BOOST_TEST(hashes(0, 1'000) == "tile/0/x001/000");
    const tile_path entries{.level = std::nullopt, .index = 1'234'067, .width = 8};
    BOOST_TEST(entries.text() == "tile/entries/x001/x234/067.p/8");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
    for (const std::uint64_t index : {0ULL, 7ULL, 999ULL, 1'000ULL, 1'234'067ULL, ~0ULL}) {
        for (const unsigned width : {1U, 255U, 256U}) {
            for (const std::optional<unsigned> level : {std::optional<unsigned>{}, {0U}, {1U}, {63U}}) {
                const tile_path path{.level = level, .index = index, .width = width};
                BOOST_TEST((tile_path::parse(path.text()) == path), path.text());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_other_spelling_is_refused) {
    for (const auto* const bad : {"",
                                  "tile",
                                  "tile/",
                                  "tile/0",
                                  "tile/0/",
                                  "tile/0/0",
                                  "tile/0/00",
                                  "tile/0/0000",
                                  "tile/00/000",
                                  "tile/64/000",
                                  "tile/-1/000",
                                  "tile/0/x000/000",
                                  "tile/0/x001",
                                  "tile/0/001/000",
                                  "tile/0/x001/x000",
                                  "tile/0/x1/000",
                                  "tile/0/000.p/0",
                                  "tile/0/000.p/256",
                                  "tile/0/000.p/01",
                                  "tile/0/000.p/",
                                  "tile/0/000.p",
                                  "tile/0/000/",
                                  "tile/0//000",
                                  "/tile/0/000",
                                  "tile/0/+01",
                                  "tile/entry/000",
                                  "tile/entries",
                                  "tile/entries/../000",
                                  "tile/0/000.p/1/",
                                  "tile/0/x018/x446/x744/x073/x709/x551/616",
                                  "tile/0/99999999999999999999999",
                                  "tile/99999999999/000"}) {
        BOOST_TEST(!tile_path::parse(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(the_last_tile_of_a_level_is_narrow_and_none_lies_behind_it) {
    BOOST_TEST(width_at(70'000, 272) == 256U);
    BOOST_TEST(width_at(70'000, 273) == 112U);
    BOOST_TEST(width_at(70'000, 274) == 0U);
    BOOST_TEST(width_at(512, 1) == 256U);
    BOOST_TEST(width_at(512, 2) == 0U);
    BOOST_TEST(width_at(0, 0) == 0U);
    BOOST_TEST(width_at(~0ULL, ~0ULL >> 8U) == 255U);
    BOOST_TEST(width_at(~0ULL, ~0ULL) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
