// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/printer.hpp"

#include <algorithm>
#include <numeric>

#include "schema/base/printable.hpp"
#include "schema/base/wrapped_text.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::size_t usual_label_columns = 11;
constexpr std::size_t narrow_label_columns = 2;  // the label has a line of its own
constexpr std::size_t gap = 2;                   // between the columns of a table
constexpr std::size_t narrowest_column = 8;      // a clipped column says nothing below this
constexpr std::size_t narrow_screen = 32;        // below, labels and what they name take turns
constexpr std::size_t narrowest_screen = 8;      // nobody reads anything on less
constexpr std::size_t row_indent = 2;            // of the further lines of a row
constexpr std::size_t json_indent = 2;

std::string_view sgr_of(tone look) {
    switch (look) {
        case tone::plain: return "";
        case tone::strong: return "\x1b[1m";
        case tone::faint: return "\x1b[2m";
        case tone::good: return "\x1b[32m";
        case tone::warn: return "\x1b[33m";
        case tone::bad: return "\x1b[1;31m";
    }
    return "";
}

std::string padded(std::string_view text, std::size_t columns) {
    const auto width = columns_of(text);
    return std::string{text} + std::string(columns > width ? columns - width : 0, ' ');
}

/// How wide each column may be, so that all fit into `columns` where that is possible.
std::vector<std::size_t> widths_of(const table& rows, std::size_t columns) {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < rows.columns().size(); ++c) {
        auto width = std::max(columns_of(rows.columns()[c].title), rows.columns()[c].least);
        for (const auto& row : rows.rows()) {
            width = std::max(width, columns_of(printable(row[c].text)));
        }
        widths.push_back(width);
    }
    const auto gaps = gap * (widths.size() - 1);
    while (std::accumulate(widths.begin(), widths.end(), gaps) > columns) {
        std::size_t widest = widths.size();
        for (std::size_t c = 0; c < widths.size(); ++c) {
            const bool may_shrink = rows.columns()[c].how == cut::clip && widths[c] > narrowest_column;
            if (may_shrink && (widest == widths.size() || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == widths.size()) {
            break;
        }
        --widths[widest];
    }
    return widths;
}

}  // namespace

printer::printer(std::ostream& out, std::size_t columns, bool colours, bool terminal, bool redraws)
    : out_{out},
      columns_{std::max(columns, narrowest_screen)},
      colours_{colours},
      terminal_{terminal},
      redraws_{redraws} {}

void printer::resize(std::size_t columns) noexcept {
    columns_ = std::max(columns, narrowest_screen);
}

std::size_t printer::label_columns() const noexcept {
    return columns_ < narrow_screen ? narrow_label_columns : usual_label_columns;
}

std::string printer::paint(std::string_view safe, tone look) const {
    if (!colours_ || look == tone::plain || safe.empty()) {
        return std::string{safe};
    }
    return std::string{sgr_of(look)} + std::string{safe} + "\x1b[0m";
}

void printer::field(std::string_view label, const cell& head, std::string_view rest) {
    const auto first = printable(head.text, line_breaks::keep);
    const auto all = first + printable(rest, line_breaks::keep);
    const auto indent = label_columns();
    auto name = printable(label);
    if (columns_of(name) > indent) {
        name = clip(name, columns_);
        out_ << paint(name, tone::faint) << '\n';
        name.clear();
    }
    const auto lines = wrap(all, columns_ - indent);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string_view line = lines[i];
        std::string painted;
        if (rest.empty()) {
            painted = paint(line, head.look);
            line = {};
        } else if (i == 0 && line.starts_with(first)) {
            painted = paint(first, head.look);
            line.remove_prefix(first.size());
        }
        const auto left = i == 0 ? paint(padded(name, indent), tone::faint) : std::string(indent, ' ');
        const auto text = painted + std::string{line};
        out_ << (text.empty() ? left.substr(0, left.find_last_not_of(' ') + 1) : left + text) << '\n';
    }
}

void printer::under(std::string_view text, std::string_view mark, tone look) {
    const auto indent = label_columns() + columns_of(mark);
    const auto lines = wrap(printable(text, line_breaks::keep), columns_ - indent);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out_ << std::string(label_columns(), ' ') << (i == 0 ? std::string{mark} : std::string(columns_of(mark), ' '))
             << paint(lines[i], look) << '\n';
    }
}

void printer::heading(std::string_view title) {
    out_ << '\n';
    paragraph(printable(title), tone::strong);
}

void printer::paragraph(std::string_view text, tone look) {
    for (const auto& line : wrap(printable(text, line_breaks::keep), columns_)) {
        out_ << paint(line, look) << '\n';
    }
}

void printer::blank() {
    out_ << '\n';
}

void printer::print_row(const std::vector<cell>& row, const table& of, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
        const auto safe = printable(row[c].text);
        const auto shown = terminal_ && of.columns()[c].how == cut::clip ? clip(safe, widths[c]) : safe;
        const auto width = columns_of(shown);
        const std::string pad(widths[c] > width ? widths[c] - width : 0, ' ');
        const bool last = c + 1 == widths.size();
        line += of.columns()[c].right ? pad + paint(shown, row[c].look) : paint(shown, row[c].look) + (last ? "" : pad);
        line += last ? std::string{} : std::string(gap, ' ');
    }
    out_ << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
}

void printer::print_over_lines(const std::vector<cell>& row, const table& of) {
    std::size_t used = 0;
    const auto new_line = [&] {
        out_ << '\n' << std::string(row_indent, ' ');
        used = row_indent;
    };
    for (std::size_t c = 0; c < row.size(); ++c) {
        const auto safe = printable(row[c].text);
        if (safe.empty()) {
            continue;
        }
        const auto room = columns_ - row_indent;
        const auto parts = of.columns()[c].how == cut::clip ? std::vector{clip(safe, room)} : wrap(safe, room);
        for (const auto& part : parts) {
            const auto width = columns_of(part);
            if (used > 0 && used + gap + width > columns_) {
                new_line();
            } else if (used > 0) {
                out_ << std::string(gap, ' ');
                used += gap;
            }
            out_ << paint(part, row[c].look);
            used += width;
        }
    }
    out_ << '\n';
}

void printer::print(const table& rows) {
    const auto widths = widths_of(rows, columns_);
    const bool fits = std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1)) <= columns_;
    const auto print_one = [&](const std::vector<cell>& row) {
        fits || !terminal_ ? print_row(row, rows, widths) : print_over_lines(row, rows);
    };
    std::vector<cell> titles;
    for (const auto& one : rows.columns()) {
        titles.push_back({one.title, tone::faint});
    }
    if (std::ranges::any_of(titles, [](const cell& title) { return !title.text.empty(); })) {
        print_one(titles);
    }
    for (const auto& row : rows.rows()) {
        print_one(row);
    }
}

void printer::json_line(std::string_view json) {
    out_ << (terminal_ ? printable_json(json) : std::string{json}) << '\n';
}

void printer::line(std::string_view text, std::string_view line_break) {
    if (terminal_) {
        out_ << printable(text) << '\n';
    } else {
        out_ << text << line_break;
    }
}

void printer::verbatim(std::string_view lines) {
    out_ << (terminal_ ? printable(lines, line_breaks::keep) : std::string{lines});
}

void printer::clear_screen() {
    if (redraws_) {
        out_ << "\x1b[H\x1b[2J";
    }
}

bool printer::flush() {
    out_.flush();
    return out_.good();
}

void printer::json_pretty(std::string_view json) {
    // Only blanks between tokens are touched: numbers and escapes stay as they are.
    std::string out;
    std::size_t depth = 0;
    const auto new_line = [&] { out += '\n' + std::string(depth * json_indent, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') {
            const auto begin = i;
            for (++i; i < json.size() && json[i] != '"'; ++i) {
                i += json[i] == '\\' ? 1U : 0U;
            }
            out += json.substr(begin, i + 1 - begin);
        } else if (c == '{' || c == '[') {
            const auto next = json.find_first_not_of(" \t\r\n", i + 1);
            out += c;
            if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) {
                out += json[next];
                i = next;
            } else {
                ++depth;
                new_line();
            }
        } else if (c == '}' || c == ']') {
            --depth;
            new_line();
            out += c;
        } else if (c == ',') {
            out += c;
            new_line();
        } else if (c == ':') {
            out += ": ";
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            out += c;
        }
    }
    json_line(out);
}

tone tone_of_level(std::string_view level) noexcept {
    if (level == "green") {
        return tone::good;
    }
    if (level == "yellow") {
        return tone::warn;
    }
    return level == "red" ? tone::bad : tone::plain;
}

tone tone_of_band(std::string_view band) noexcept {
    if (band == "A" || band == "B") {
        return tone::good;
    }
    if (band == "C") {
        return tone::warn;
    }
    return band == "D" ? tone::bad : tone::plain;
}

}  // namespace valhalla::ctl
