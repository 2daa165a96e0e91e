// SPDX-License-Identifier: Apache-2.0
//
// Suggestions for names that were perhaps mistyped.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "daemon/governor/canon.hpp"

namespace valhalla::governor {

namespace {

constexpr std::size_t max_suggestions = 3;
/// Longer names are seldom a typing mistake, and a user who mistypes one must not cost others their time: of 256
/// names of this length each is compared in a microsecond or two.
constexpr std::size_t max_comparable_bytes = 40;
constexpr std::size_t max_distance = 4;

/// The bytes that occur, thrown together.
std::uint64_t letters_of(std::string_view text) noexcept {
    std::uint64_t letters = 0;
    for (const char c : text) {
        letters |= std::uint64_t{1} << (static_cast<unsigned char>(c) & 63U);
    }
    return letters;
}

/// Each edit brings one new letter at most, and takes one away.
bool too_many_letters(std::uint64_t of, std::uint64_t beside, std::size_t tolerated) noexcept {
    return static_cast<std::size_t>(std::popcount(of & ~beside)) > tolerated ||
           static_cast<std::size_t>(std::popcount(beside & ~of)) > tolerated;
}

/// Both without what they begin and end with alike, which no edit has to touch.
std::pair<std::string_view, std::string_view> without_common_ends(std::string_view a, std::string_view b) {
    const auto differ = std::ranges::mismatch(a, b);
    a.remove_prefix(static_cast<std::size_t>(differ.in1 - a.begin()));
    b.remove_prefix(static_cast<std::size_t>(differ.in2 - b.begin()));
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
        a.remove_suffix(1);
        b.remove_suffix(1);
    }
    return {a, b};
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other; more than `most`
/// where it takes more than that. Both have at most `max_comparable_bytes`. Looks only at the cells of the table within
/// `most` of its diagonal.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    const std::size_t over = most + 1;
    using row = std::array<std::size_t, max_comparable_bytes + 2>;
    row two_above{};
    row above{};
    row here{};
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const std::size_t first = i > most ? i - most : 1;
        const std::size_t last = std::min(b.size(), i + most);
        here[first - 1] = first == 1 ? i : over;
        std::size_t least = here[first - 1];
        for (std::size_t j = first; j <= last; ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            here[j] = std::min({above[j] + 1, here[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                here[j] = std::min(here[j], two_above[j - 2] + 1);
            }
            least = std::min(least, here[j]);
        }
        if (least > most) {
            return over;
        }
        here[last + 1] = over;  // the next row looks one further
        two_above = above;
        above = here;
    }
    return above[b.size()];
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known) {
    if (name.empty() || name.size() > max_comparable_bytes) {
        return {};
    }
    const std::size_t tolerated = std::min(name.size() / 3 + 1, max_distance);
    const auto letters = letters_of(name);
    std::vector<std::pair<std::size_t, const std::string*>> found;
    for (const std::string& candidate : known) {
        const std::size_t apart = std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
        if (apart > tolerated || candidate.size() > max_comparable_bytes ||
            too_many_letters(letters, letters_of(candidate), tolerated)) {
            continue;
        }
        const auto [mine, theirs] = without_common_ends(name, candidate);
        const std::size_t distance = edit_distance(mine, theirs, tolerated);
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
