// SPDX-License-Identifier: Apache-2.0
#include "ipc/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace valhalla::ipc {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t max_distance = 6;

// Levenshtein distance; more than `most` where it is more than that. Both are at most `longest_name` long. Looks only
// at the cells of the table within `most` of its diagonal.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    const std::size_t over = most + 1;
    std::array<std::size_t, longest_name + 2> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const std::size_t first = i > most ? i - most : 1;
        const std::size_t last = std::min(b.size(), i + most);
        std::size_t diagonal = row[first - 1];
        row[first - 1] = first == 1 ? i : over;
        std::size_t least = row[first - 1];
        for (std::size_t j = first; j <= last; ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
            least = std::min(least, row[j]);
        }
        if (least > most) {
            return over;
        }
        row[last + 1] = over;  // the next row looks one further
    }
    return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
    if (name.empty() || name.size() > longest_name) {
        return {};
    }
    std::string_view best;
    std::size_t best_distance = std::min(name.size() / 3 + 2, max_distance + 1);
    for (const std::string_view candidate : known) {
        const std::size_t apart = std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
        if (candidate.size() > longest_name || apart >= best_distance) {
            continue;
        }
        const std::size_t distance = edit_distance(name, candidate, best_distance - 1);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace valhalla::ipc
