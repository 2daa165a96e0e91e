// SPDX-License-Identifier: Apache-2.0
//
// Suggestions for names that were perhaps mistyped.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "daemon/governor/canon.hpp"

namespace valhalla::governor {

namespace {

constexpr std::size_t max_suggestions = 3;
/// Longer input is nobody's slip of the finger, and the table below grows with its square.
constexpr std::size_t max_comparable_bytes = 128;

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::vector<std::size_t> next(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = row[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                next[j] = std::min(next[j], before[j - 2] + 1);
            }
        }
        std::swap(before, row);
        std::swap(row, next);
    }
    return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known) {
    if (name.empty() || name.size() > max_comparable_bytes) {
        return {};
    }
    const std::size_t tolerated = name.size() / 3 + 1;
    std::vector<std::pair<std::size_t, const std::string*>> found;
    for (const std::string& candidate : known) {
        const std::size_t apart = std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
        if (apart > tolerated) {
            continue;
        }
        const std::size_t distance = edit_distance(name, candidate);
        if (distance <= tolerated && distance < candidate.size()) {
            found.emplace_back(distance, &candidate);
        }
    }
    std::ranges::sort(found);  // equal distances in the order of `known`, whose elements they point to
    std::vector<std::string> out;
    for (const auto& [distance, candidate] : found) {
        if (out.size() == max_suggestions) {
            break;
        }
        out.push_back(*candidate);
    }
    return out;
}

}  // namespace valhalla::governor
