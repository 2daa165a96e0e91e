// SPDX-License-Identifier: Apache-2.0
//
// Small pieces of the sentences that the governor says: names from outside made harmless, numbers, suggestions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/vocabulary.hpp"

namespace valhalla::governor {

/// Joins pieces with one allocation.
template <class... Pieces>
[[nodiscard]] std::string join(const Pieces&... pieces) {
    std::string out;
    out.reserve((std::string_view{pieces}.size() + ...));
    (out.append(std::string_view{pieces}), ...);
    return out;
}

/// `text` fit for a sentence: what is not printable becomes a space, and it is cut between two characters to at most
/// `max_bytes`, with an ellipsis.
[[nodiscard]] std::string plain(std::string_view text, std::size_t max_bytes);

/// `B (caution)`.
[[nodiscard]] std::string band_words(band b);
/// `25`, `37.5`, `33.3`: at most one decimal.
[[nodiscard]] std::string percent(double share);
/// Shortest text that reads back as the same number.
[[nodiscard]] std::string number(double value);

/// ` Did you mean a, b or c?`, or nothing when there is nothing to suggest.
[[nodiscard]] std::string did_you_mean(const std::vector<std::string>& names);
/// `a, b and c`.
[[nodiscard]] std::string list_of(const std::vector<std::string>& names, std::string_view last_joiner = " and ");

}  // namespace valhalla::governor
