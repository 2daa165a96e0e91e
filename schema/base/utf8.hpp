// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 (Unicode 15, table 3-7): where a character ends, and which one it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace valhalla {

/// Bytes of the well-formed sequence that `text` begins with: 1 to 4; 0 when there is none. No surrogates, nothing
/// longer than needed, nothing above U+10FFFF.
[[nodiscard]] constexpr std::size_t utf8_sequence_size(std::string_view text) noexcept {
    if (text.empty()) {
        return 0;
    }
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return continues(1) ? 2 : 0;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        const unsigned char low = lead == 0xe0 ? 0xa0 : 0x80;   // nothing that two bytes could say
        const unsigned char high = lead == 0xed ? 0x9f : 0xbf;  // no surrogates
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const unsigned char low = lead == 0xf0 ? 0x90 : 0x80;   // nothing that three bytes could say
        const unsigned char high = lead == 0xf4 ? 0x8f : 0xbf;  // nothing above U+10FFFF
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

/// One code point at the start of `text`. `length` 0: no UTF-8 there.
struct code_point {
    char32_t value = 0;
    std::size_t length = 0;
};
[[nodiscard]] constexpr code_point first_code_point(std::string_view text) noexcept {
    const auto length = utf8_sequence_size(text);
    if (length == 0) {
        return {};
    }
    const auto head = static_cast<unsigned char>(text.front());
    char32_t value = length == 1 ? head : head & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    return {value, length};
}

}  // namespace valhalla
