// SPDX-License-Identifier: Apache-2.0
//
// The inner loops of reading and writing JSON strings: sixteen bytes a step over what needs no attention, eight where
// there is no SSE2. Private to schema/model.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace valhalla::json_scan {

enum class high_bytes : std::uint8_t { pass, stop };

namespace detail {

inline constexpr std::uint64_t every_byte = 0x0101010101010101U;
inline constexpr std::uint64_t every_top_bit = every_byte * 0x80U;

/// Non-zero exactly when a byte of `word` is below `limit` (at most 0x80).
constexpr std::uint64_t has_below(std::uint64_t word, std::uint64_t limit) noexcept {
    return (word - every_byte * limit) & ~word & every_top_bit;
}

constexpr std::uint64_t has_byte(std::uint64_t word, char byte) noexcept {
    return has_below(word ^ (every_byte * static_cast<unsigned char>(byte)), 1);
}

#ifdef __SSE2__
/// One bit a byte of the sixteen at `p`: whether `skip_plain` stops there.
template <high_bytes High>
[[nodiscard]] inline unsigned special_of_16(const char* p) noexcept {
    __m128i bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // Compared as signed numbers, a byte of a multi-byte sequence is below the blank as well.
    const __m128i low = High == high_bytes::stop ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                                                 : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), low)));
}
#endif

}  // namespace detail

/// Skips bytes that stand for themselves inside a JSON string: returns the first quote, backslash or control
/// character, or, with `stop`, the first byte of a multi-byte sequence; else `end`.
template <high_bytes High>
[[nodiscard]] inline const char* skip_plain(const char* p, const char* end) noexcept {
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        if (const unsigned special = detail::special_of_16<High>(p); special != 0) {
            return p + std::countr_zero(special);
        }
    }
#endif
    while (end - p >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, sizeof word);
        const std::uint64_t high = High == high_bytes::stop ? word & detail::every_top_bit : 0;
        const std::uint64_t special =
            detail::has_below(word, 0x20) | detail::has_byte(word, '"') | detail::has_byte(word, '\\') | high;
        if (special != 0) {
            if constexpr (std::endian::native == std::endian::little) {
                return p + std::countr_zero(special) / 8;  // borrows go upwards: the lowest mark is a true one
            }
            break;
        }
        p += 8;
    }
    for (; p != end; ++p) {
        const auto byte = static_cast<unsigned char>(*p);
        if (byte < 0x20 || byte == '"' || byte == '\\' || (High == high_bytes::stop && byte >= 0x80)) {
            return p;
        }
    }
    return end;
}

/// Length of the UTF-8 sequence at `p` (2 to 4) whose first byte is 0x80 or above; 0 when it is not well-formed
/// (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] inline int utf8_length(const char* p, const char* end) noexcept {
    const auto at = [p](int i) { return static_cast<unsigned char>(p[i]); };
    const auto follows = [&at](int i) { return (at(i) & 0xC0U) == 0x80U; };
    const auto left = end - p;
    const unsigned first = at(0);
    if (first >= 0xC2 && first <= 0xDF) {
        return left >= 2 && follows(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        if (left < 3 || !follows(1) || !follows(2) || (first == 0xE0 && at(1) < 0xA0) ||
            (first == 0xED && at(1) > 0x9F)) {
            return 0;
        }
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (left < 4 || !follows(1) || !follows(2) || !follows(3) || (first == 0xF0 && at(1) < 0x90) ||
            (first == 0xF4 && at(1) > 0x8F)) {
            return 0;
        }
        return 4;
    }
    return 0;
}

}  // namespace valhalla::json_scan
