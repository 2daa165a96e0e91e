// SPDX-License-Identifier: Apache-2.0
#include "schema/model/json_text.hpp"

#include <algorithm>
#include <cstddef>

#include "schema/model/json_scan.hpp"

namespace valhalla {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// Past the end of the string token that starts at `i`.
std::size_t string_end(std::string_view json, std::size_t i) noexcept {
    for (++i; i < json.size() && json[i] != '"'; ++i) {
        i += json[i] == '\\' ? 1U : 0U;
    }
    return i + 1;
}

/// Calls `emit` with each token: one of `{}[]:,`, a string, or a run of anything else.
template <class Emit>
void each_token(std::string_view json, Emit emit) {
    static constexpr std::string_view ends = " \n\t\r{}[]:,\"";
    for (std::size_t i = 0; i < json.size();) {
        if (is_space(json[i])) {
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        if (json[i] == '"') {
            end = string_end(json, i);
        } else if (ends.find(json[i]) == std::string_view::npos) {
            end = std::min(json.find_first_of(ends, i), json.size());
        }
        emit(json.substr(i, end - i));
        i = end;
    }
}

}  // namespace

std::string minify_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    each_token(json, [&out](std::string_view token) { out += token; });
    return out;
}

std::string indent_json(std::string_view json) {
    std::string out;
    std::size_t level = 0;
    bool opened = false;  // the last token opened an object or array
    const auto new_line = [&] { out.append("\n").append(level * 2, ' '); };
    each_token(json, [&](std::string_view token) {
        const char c = token.front();
        if (c == '}' || c == ']') {
            --level;
            if (!opened) {
                new_line();
            }
        } else if (opened) {
            new_line();
        }
        out += token;
        opened = c == '{' || c == '[';
        level += opened ? 1U : 0U;
        if (c == ',') {
            new_line();
        } else if (c == ':') {
            out += ' ';
        }
    });
    return out;
}

bool is_valid_utf8(std::string_view text) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        if (static_cast<unsigned char>(*p) < 0x80) {
            ++p;
            continue;
        }
        const int length = json_scan::utf8_length(p, end);
        if (length == 0) {
            return false;
        }
        p += length;
    }
    return true;
}

}  // namespace valhalla
