// SPDX-License-Identifier: Apache-2.0
//
// What words, numbers and the odd characters of strings may look like.
#include "ipc/json_escape.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::ipc {

bool json_reader::read_word(std::string_view word) {
    if (!std::string_view{at_, static_cast<std::size_t>(end_ - at_)}.starts_with(word)) {
        return fail("expected a value");
    }
    at_ += word.size();
    return true;
}

bool json_reader::read_number() {
    const char* p = at_;
    const auto digits = [&] {
        const char* const first = p;
        while (p != end_ && is_digit(*p)) {
            ++p;
        }
        return p != first;
    };
    if (p != end_ && *p == '-') {
        ++p;
    }
    if (p == end_ || !is_digit(*p)) {
        return p == at_ ? fail("expected a value") : fail_at(p, "a number needs a digit after '-'");
    }
    if (*p == '0') {
        ++p;
        if (p != end_ && is_digit(*p)) {
            return fail_at(p, "a number must not begin with 0");
        }
    } else {
        digits();
    }
    if (p != end_ && *p == '.') {
        ++p;
        if (!digits()) {
            return fail_at(p, "a number needs a digit after '.'");
        }
    }
    if (p != end_ && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end_ && (*p == '+' || *p == '-')) {
            ++p;
        }
        if (!digits()) {
            return fail_at(p, "a number needs a digit in its exponent");
        }
    }
    at_ = p;
    return true;
}

/// What is not plain: an escape, a character beyond ASCII, or what must not be there.
bool json_reader::read_odd_character(const char*& p, bool& escaped) {
    if (p == end_) {
        return fail_at(end_, "a string is not closed");
    }
    if (*p == '\\') {
        escaped = true;
        return read_escape(p);
    }
    if (static_cast<unsigned char>(*p) < 0x20) {
        return fail_at(p, "a control character in a string must be escaped");
    }
    const std::size_t size = utf8_sequence_size({p, static_cast<std::size_t>(end_ - p)});
    if (size == 0) {
        return fail_at(p, "invalid UTF-8");
    }
    p += size;
    return true;
}

// At a backslash; moves `p` behind the escape, or both escapes of a surrogate pair.
bool json_reader::read_escape(const char*& p) {
    const char* const start = p++;
    if (p == end_) {
        return fail_at(end_, "a string is not closed");
    }
    if (*p != 'u') {
        if (std::string_view{"\"\\/bfnrt"}.find(*p) == std::string_view::npos) {
            return fail_at(start, "unknown escape in a string");
        }
        ++p;
        return true;
    }
    ++p;
    const std::uint32_t unit = hex_4(p, end_);
    if (unit > 0xffff) {
        return fail_at(start, "\\u needs four hexadecimal digits");
    }
    p += 4;
    if (is_low_surrogate(unit)) {
        return fail_at(start, "a lone surrogate");
    }
    if (is_high_surrogate(unit)) {
        if (end_ - p < 6 || p[0] != '\\' || p[1] != 'u' || !is_low_surrogate(hex_4(p + 2, end_))) {
            return fail_at(start, "a lone surrogate");
        }
        p += 6;
    }
    return true;
}

}  // namespace valhalla::ipc
