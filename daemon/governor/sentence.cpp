// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/sentence.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace valhalla::governor {

std::string plain(std::string_view text, std::size_t max_bytes) {
    std::string out{text.substr(0, max_bytes)};
    if (text.size() > max_bytes) {
        const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
        std::size_t end = max_bytes;
        while (end > 0 && is_continuation(text[end])) {
            --end;
        }
        out.resize(end);
        out += "…";
    }
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20U || c == '\x7f') {
            c = ' ';
        }
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
