// SPDX-License-Identifier: Apache-2.0
#include "schema/base/printable.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "schema/base/unicode_tables.hpp"
#include "schema/base/utf8.hpp"

namespace valhalla {

namespace {

constexpr char32_t zero_width_joiner = 0x200D;
constexpr char32_t emoji_presentation = 0xFE0F;   // variation selector 16
constexpr std::size_t max_sequence_columns = 12;  // of emoji: the longest that Unicode recommends has twelve

template <std::size_t Count>
bool is_in(const unicode::code_range (&ranges)[Count], char32_t c) noexcept {
    const auto* const behind = std::ranges::upper_bound(ranges, c, {}, &unicode::code_range::first);
    return behind != std::begin(ranges) && c <= std::prev(behind)->last;
}

bool is_shown(char32_t c) noexcept {
    return !is_in(unicode::hidden, c);
}

bool is_pictograph(char32_t c) noexcept {
    return is_in(unicode::pictographs, c) && is_shown(c);
}

std::size_t width_of(char32_t c) noexcept {
    if (is_in(unicode::combining, c)) {
        return 0;
    }
    return is_in(unicode::wide, c) ? 2 : 1;
}

/// What follows `last` in the same sequence of emoji at the start of `rest`.
text_piece next_of_emoji(char32_t& last, std::string_view rest) noexcept {
    const auto next = first_code_point(rest);
    if (next.value == emoji_presentation) {
        const std::size_t more = width_of(last) < 2 ? 1 : 0;  // shown as a picture, it is as wide as the others
        return {next.length, more, true};
    }
    if (is_in(unicode::emoji_modifiers, next.value)) {
        return {next.length, width_of(next.value), true};
    }
    if (next.value == zero_width_joiner) {
        const auto joined = first_code_point(rest.substr(next.length));
        if (is_pictograph(joined.value)) {
            last = joined.value;
            return {next.length + joined.length, width_of(joined.value), true};
        }
    }
    return {};
}

bool is_plain(char c) noexcept {
    return c >= ' ' && c <= '~';
}

void append_escape(std::string& out, char32_t c) {
    const auto code = static_cast<std::uint32_t>(c);
    if (c < 0x80) {
        out += fmt::format("\\x{:02x}", code);
    } else if (c < 0x10000) {
        out += fmt::format("\\u{:04x}", code);
    } else {
        out += fmt::format("\\U{:08x}", code);
    }
}

void append_json_escape(std::string& out, char32_t c) {
    const auto code = static_cast<std::uint32_t>(c);
    if (code < 0x10000) {
        out += fmt::format("\\u{:04x}", code);
    } else {
        const auto rest = code - 0x10000;
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10U), 0xDC00U + (rest & 0x3FFU));
    }
}

}  // namespace

text_piece next_piece(std::string_view text) noexcept {
    if (text.empty()) {
        return {};
    }
    if (is_plain(text[0]) && (text.size() == 1 || is_plain(text[1]))) {
        return {1, 1, true};
    }
    const auto first = first_code_point(text);
    if (first.length == 0 || !is_shown(first.value)) {
        return {std::max<std::size_t>(first.length, 1), 1, false};
    }
    text_piece piece{first.length, width_of(first.value), true};
    bool emoji = is_pictograph(first.value);
    char32_t last = first.value;
    while (piece.bytes < text.size()) {
        const auto rest = text.substr(piece.bytes);
        if (const auto more = emoji ? next_of_emoji(last, rest) : text_piece{};
            more.bytes > 0 && piece.columns + more.columns <= max_sequence_columns) {
            piece.bytes += more.bytes;
            piece.columns += more.columns;
            continue;
        }
        const auto mark = first_code_point(rest);
        if (mark.length == 0 || !is_in(unicode::combining, mark.value)) {
            break;
        }
        emoji = false;
        piece.bytes += mark.length;
    }
    return piece;
}

std::string printable(std::string_view text, line_breaks breaks) {
    const bool keep = breaks == line_breaks::keep;
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto piece = next_piece(text);
        const char c = text.front();
        if (piece.shown) {
            out += text.substr(0, piece.bytes);
        } else if (c == '\n') {
            out += keep ? "\n" : "\\n";
        } else if (c == '\t') {
            out += keep ? "    " : "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (const auto hidden = first_code_point(text); hidden.length > 0) {
            append_escape(out, hidden.value);
        } else {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
        text.remove_prefix(piece.bytes);
    }
    return out;
}

std::string printable_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const auto piece = next_piece(json);
        const auto first = first_code_point(json);
        // Outside of strings JSON is ASCII, and C0 controls are escaped in it by its grammar: what is one is a blank.
        if (piece.shown || (first.length == 1 && first.value < ' ')) {
            out += json.substr(0, piece.bytes);
        } else {
            append_json_escape(out, first.length == 0 ? U'\uFFFD' : first.value);
        }
        json.remove_prefix(piece.bytes);
    }
    return out;
}

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto piece = next_piece(text);
        columns += piece.columns;
        text.remove_prefix(piece.bytes);
    }
    return columns;
}

}  // namespace valhalla
