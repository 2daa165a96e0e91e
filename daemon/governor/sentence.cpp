// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/sentence.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "schema/base/printable.hpp"

namespace valhalla::governor {

std::string plain(std::string_view text, std::size_t max_bytes) {
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto piece = next_piece(text);
        used += piece.bytes;
        if (used > max_bytes) {
            return out + "…";
        }
        out += piece.shown ? text.substr(0, piece.bytes) : std::string_view{" "};
        text.remove_prefix(piece.bytes);
    }
    return out;
}

std::string band_words(band b) {
    return join(band_letter(b), " (", band_name(b), ")");
}

std::string percent(double share) {
    return number(std::round(share * 1000.0) / 10.0);
}

std::string number(double value) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return error == std::errc{} ? std::string(buffer.data(), end) : std::string{"?"};
}

std::string list_of(const std::vector<std::string>& names, std::string_view last_joiner) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) {
            out += i + 1 == names.size() ? last_joiner : std::string_view{", "};
        }
        out += names[i];
    }
    return out;
}

std::string did_you_mean(const std::vector<std::string>& names) {
    return names.empty() ? std::string{} : join(" Did you mean ", list_of(names, " or "), "?");
}

}  // namespace valhalla::governor
