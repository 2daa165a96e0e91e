// SPDX-License-Identifier: Apache-2.0
#include "ipc/json_text.hpp"

#include <algorithm>
#include <cstring>

#include "ipc/json_escape.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::ipc {

void append_unescaped(std::string& out, std::string_view raw) {
    const char* p = raw.data();
    const char* const end = p + raw.size();
    while (p != end) {
        const auto* const slash = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
        out.append(p, slash != nullptr ? slash : end);
        if (slash == nullptr) {
            return;
        }
        p = slash + 2;
        switch (slash[1]) {
            case 'b': out += '\b'; break;
            case 'f': out += '\f'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case 't': out += '\t'; break;
            case 'u': {
                std::uint32_t code = hex_4(p, end);
                p += 4;
                if (is_high_surrogate(code)) {
                    code = 0x10000 + ((code - 0xd800) << 10U) + (hex_4(p + 2, end) - 0xdc00);
                    p += 6;
                }
                append_utf8(out, code);
                break;
            }
            default: out += slash[1]; break;  // " \ /
        }
    }
}

void append_minified(std::string& out, std::string_view raw) {
    const char* p = raw.data();
    const char* const end = p + raw.size();
    while (p != end) {
        const char* const start = p;
        if (*p == '"') {
            for (++p; *p != '"'; ++p) {
                p += *p == '\\' ? 1 : 0;
            }
            ++p;
            out.append(start, p);
        } else if (is_space(*p)) {
            ++p;
        } else {
            while (p != end && *p != '"' && !is_space(*p)) {
                ++p;
            }
            out.append(start, p);
        }
    }
}

void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        const char* const start = p;
        while (p != end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) {
            ++p;
        }
        out.append(start, p);
        if (p == end) {
            break;
        }
        const char c = *p++;
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out += hex[static_cast<unsigned char>(c) >> 4U];
                out += hex[static_cast<unsigned char>(c) & 15U];
                break;
        }
    }
    out += '"';
}

std::string with_short_exponents(std::string_view json) {
    constexpr std::size_t most_digits = 9;
    constexpr std::string_view digits = "0123456789";
    std::string out;
    out.reserve(json.size());
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        out += c;
        if (in_string && c == '\\' && i + 1 < json.size()) {
            out += json[++i];
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == 'e' || c == 'E') && i > 0 && is_digit(json[i - 1])) {
            if (i + 1 < json.size() && (json[i + 1] == '-' || json[i + 1] == '+')) {
                out += json[++i];
            }
            const auto begin = i + 1;
            const auto end = std::min(json.find_first_not_of(digits, begin), json.size());
            auto exponent = json.substr(begin, end - begin);
            exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
            out += exponent.empty() ? std::string_view{"0"} : exponent.size() > most_digits ? "999999999" : exponent;
            i = end - 1;
        }
    }
    return out;
}

}  // namespace valhalla::ipc
