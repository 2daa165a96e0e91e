// SPDX-License-Identifier: Apache-2.0
#include "schema/base/wrapped_text.hpp"

#include <algorithm>

#include "schema/base/printable.hpp"
#include "schema/base/utf8.hpp"

namespace valhalla {

namespace {

/// The longest prefix of at most `columns`, in bytes; never zero bytes of a text that has some.
std::size_t fitting(std::string_view text, std::size_t columns) noexcept {
    std::size_t at = 0;
    std::size_t used = 0;
    while (at < text.size()) {
        const auto piece = next_piece(text.substr(at));
        used += piece.columns;
        if (used > columns) {
            // A sequence that is wider than the line is cut; terminals that know none show its parts anyway.
            return at > 0 ? at : first_code_point(text).length;
        }
        at += piece.bytes;
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

std::string narrowed(std::string_view lines, std::size_t columns) {
    std::string out;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        const auto line = lines.substr(0, end);
        if (columns_of(line) <= columns) {
            out += std::string{line} + '\n';
        } else {
            const auto begin = std::min(line.find_first_not_of(' '), line.size());
            const auto indent = std::min(begin, columns / 2);  // with more, nothing could be read
            for (const auto& part : wrap(line.substr(begin), columns - indent)) {
                out += std::string(indent, ' ') + part + '\n';
            }
        }
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
}

}  // namespace valhalla
