// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ipc/utf8.hpp"

namespace valhalla::ctl {

namespace {

struct range {
    char32_t first;
    char32_t last;
};

constexpr std::array zero_width{range{0x0300, 0x036F}, range{0x0483, 0x0489}, range{0x0591, 0x05BD},
                                range{0x0610, 0x061A}, range{0x064B, 0x065F}, range{0x1AB0, 0x1AFF},
                                range{0x1DC0, 0x1DFF}, range{0x200B, 0x200D}, range{0x20D0, 0x20FF},
                                range{0xFE00, 0xFE0F}, range{0xFE20, 0xFE2F}};
constexpr std::array wide{range{0x1100, 0x115F},   range{0x2E80, 0x303E},   range{0x3041, 0xA4CF},
                          range{0xAC00, 0xD7A3},   range{0xF900, 0xFAFF},   range{0xFE30, 0xFE6F},
                          range{0xFF00, 0xFF60},   range{0xFFE0, 0xFFE6},   range{0x1F300, 0x1F64F},
                          range{0x1F680, 0x1F6FF}, range{0x1F900, 0x1F9FF}, range{0x20000, 0x3FFFD}};
/// What acts on a terminal or on the order in which text is shown, beyond the C0 controls.
constexpr std::array acting{range{0x7F, 0x9F},     range{0x200E, 0x200F}, range{0x2028, 0x202E},
                            range{0x2066, 0x2069}, range{0xFEFF, 0xFEFF}, range{0xFFF9, 0xFFFB}};

template <std::size_t Count>
bool in(const std::array<range, Count>& ranges, char32_t c) noexcept {
    return std::ranges::any_of(ranges, [c](range r) { return c >= r.first && c <= r.last; });
}

std::size_t width_of(char32_t c) noexcept {
    if (in(zero_width, c)) {
        return 0;
    }
    return in(wide, c) ? 2 : 1;
}

/// The longest prefix of at most `columns`, in bytes; never zero bytes of a text that has some.
std::size_t fitting(std::string_view text, std::size_t columns) noexcept {
    std::size_t at = 0;
    std::size_t used = 0;
    while (at < text.size()) {
        const auto next = first_code_point(text.substr(at));
        used += width_of(next.value);
        if (used > columns && at > 0) {
            break;
        }
        at += std::max<std::size_t>(next.length, 1);
    }
    return at;
}

void wrap_line(std::string_view line, std::size_t columns, std::vector<std::string>& out) {
    while (columns_of(line) > columns) {
        auto end = fitting(line, columns);
        auto next = end;
        const bool at_word_end = end < line.size() && line[end] == ' ';
        if (const auto space = line.rfind(' ', end - 1); !at_word_end && space != std::string_view::npos && space > 0) {
            end = space;
            next = space;
        }
        out.emplace_back(line.substr(0, end));
        line.remove_prefix(next);
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    }
    out.emplace_back(line);
}

}  // namespace

code_point first_code_point(std::string_view text) noexcept {
    const auto length = ipc::utf8_sequence_size(text);
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

std::string printable(std::string_view text, line_breaks breaks) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto next = first_code_point(text);
        const auto length = std::max<std::size_t>(next.length, 1);
        if (next.length == 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        } else if (next.value == U'\n') {
            out += breaks == line_breaks::keep ? "\n" : "\\n";
        } else if (next.value == U'\t') {
            out += breaks == line_breaks::keep ? "    " : "\\t";
        } else if (next.value == U'\r') {
            out += "\\r";
        } else if (next.value < 0x20 || next.value == 0x7F) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(next.value));
        } else if (in(acting, next.value)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.value));
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out;
}

std::string printable_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const auto next = first_code_point(json);
        const auto length = std::max<std::size_t>(next.length, 1);
        // Outside of strings JSON is ASCII, and C0 controls are escaped in it by its grammar.
        if (next.length != 0 && in(acting, next.value)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.value));
        } else {
            out += json.substr(0, length);
        }
        json.remove_prefix(length);
    }
    return out;
}

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto next = first_code_point(text);
        columns += width_of(next.value);
        text.remove_prefix(std::max<std::size_t>(next.length, 1));
    }
    return columns;
}

std::string clip(std::string_view text, std::size_t columns) {
    if (columns_of(text) <= columns) {
        return std::string{text};
    }
    if (columns <= 1) {
        return columns == 0 ? std::string{} : "…";
    }
    auto kept = text.substr(0, fitting(text, columns - 1));
    if (columns_of(kept) > columns - 1) {
        kept = {};  // one wide character that does not fit
    }
    kept = kept.substr(0, kept.find_last_not_of(' ') + 1);
    return std::string{kept} + "…";
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    columns = std::max<std::size_t>(columns, 2);
    while (true) {
        const auto end = text.find('\n');
        wrap_line(text.substr(0, end), columns, lines);
        if (end == std::string_view::npos) {
            return lines;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace valhalla::ctl
