// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/persistent_map.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace valhalla::tests {
namespace {

using governor::persistent_map;
using numbers = persistent_map<int, int>;

template <class Map>
std::map<int, int> all_of(const Map& from) {
    return {from.begin(), from.end()};
}

/// Counts how often one of them is copied.
struct counted {
    counted() = default;
    counted(const counted& /*from*/) { ++copies; }
    counted& operator=(const counted& /*from*/) {
        ++copies;
        return *this;
    }
    counted(counted&&) noexcept = default;
    counted& operator=(counted&&) noexcept = default;
    ~counted() = default;
    static inline int copies = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(persistent_maps)

BOOST_AUTO_TEST_CASE(it_does_what_a_map_does_and_copies_stay_as_they_were) {
    std::mt19937 random{7};
    numbers map;
    std::map<int, int> expected;
    std::vector<std::pair<numbers, std::map<int, int>>> copies;
    for (int i = 0; i < 20'000; ++i) {
        const int key = static_cast<int>(random() % 500);
        if (random() % 3 == 0) {
            map.erase(key);
            expected.erase(key);
        } else {
            map.insert_or_assign(key, i);
            expected.insert_or_assign(key, i);
        }
        if (i % 1'000 == 0) {
            copies.emplace_back(map, expected);
        }
    }
    copies.emplace_back(map, expected);
    for (const auto& [copy, then] : copies) {
        BOOST_TEST((all_of(copy) == then));
        BOOST_TEST(copy.size() == then.size());
        for (int key = 0; key < 500; ++key) {
            const auto* const found = copy.find(key);
            const auto it = then.find(key);
            BOOST_TEST((found == nullptr ? it == then.end() : it != then.end() && it->second == *found));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_one_has_nothing) {
    numbers map;
    BOOST_TEST((map.begin() == map.end()));
    BOOST_TEST(map.empty());
    map.erase(1);
    map.insert_or_assign(1, 1);
    map.erase(1);
    BOOST_TEST(map.empty());
    BOOST_TEST((map.begin() == map.end()));
}

BOOST_AUTO_TEST_CASE(a_change_costs_as_much_as_the_tree_is_deep) {
    persistent_map<std::string, counted> map;
    constexpr int keys = 100'000;
    for (int i = 0; i < keys; ++i) {
        map.insert_or_assign("operator " + std::to_string(i), {});
    }
    for (int i = 0; i < 1'000; ++i) {
        const auto before = map;
        const auto key = "operator " + std::to_string(i * 97);
        counted::copies = 0;
        map.insert_or_assign(key, {});
        BOOST_TEST_REQUIRE(counted::copies < 100);
        counted::copies = 0;
        map.erase(key);
        BOOST_TEST_REQUIRE(counted::copies < 100);
        BOOST_TEST(before.contains(key));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
