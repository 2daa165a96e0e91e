// SPDX-License-Identifier: Apache-2.0
//
// Characters and escapes of JSON, for those who read it. Private to ipc/json_*.cpp.
#pragma once

#include <cstdint>

namespace valhalla::ipc {

[[nodiscard]] constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Four hex digits at `p`, or a value above 0xffff.
[[nodiscard]] inline std::uint32_t hex_4(const char* p, const char* end) noexcept {
    constexpr std::uint32_t bad = 0x10000;
    if (end - p < 4) {
        return bad;
    }
    std::uint32_t value = 0;
    for (const char* const stop = p + 4; p != stop; ++p) {
        const char c = *p;
        value <<= 4U;
        if (is_digit(c)) {
            value |= static_cast<std::uint32_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value |= static_cast<std::uint32_t>(c - 'a' + 10);
        } else if (c >= 'A' && c <= 'F') {
            value |= static_cast<std::uint32_t>(c - 'A' + 10);
        } else {
            return bad;
        }
    }
    return value;
}

[[nodiscard]] constexpr bool is_high_surrogate(std::uint32_t unit) noexcept {
    return unit >= 0xd800 && unit < 0xdc00;
}
[[nodiscard]] constexpr bool is_low_surrogate(std::uint32_t unit) noexcept {
    return unit >= 0xdc00 && unit < 0xe000;
}

}  // namespace valhalla::ipc
