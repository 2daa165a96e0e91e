// SPDX-License-Identifier: Apache-2.0
#include "ipc/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace valhalla::ipc {

namespace {

constexpr std::size_t longest_name = 64;

// Levenshtein distance; both at most `longest_name` long.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::array<std::size_t, longest_name + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
    if (name.empty() || name.size() > longest_name) {
        return {};
    }
    std::string_view best;
    std::size_t best_distance = name.size() / 3 + 2;
    for (const std::string_view candidate : known) {
        if (candidate.size() > longest_name) {
            continue;
        }
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace valhalla::ipc
