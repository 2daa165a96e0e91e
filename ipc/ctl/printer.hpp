// SPDX-License-Identifier: Apache-2.0
//
// Puts a command's findings on the screen: labelled fields, lists, tables; wrapped to the width, coloured on a
// terminal. Everything that is given to it is made printable here, so no command can forget to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::ctl {

enum class tone : std::uint8_t { plain, strong, faint, good, warn, bad };

struct cell {
    std::string text;
    tone look = tone::plain;
};

/// What happens to a cell on a terminal that its table is too wide for. In a pipe nothing is ever cut. Where clipping
/// is not enough, a row takes several lines.
enum class cut : std::uint8_t { never, clip };

struct column {
    std::string title;
    cut how = cut::never;   ///< what happens when the table is too wide; the widest clipped ones give way first
    bool right = false;     ///< figures
    std::size_t least = 0;  ///< columns that it takes even when nothing fills them
};

class table {
  public:
    explicit table(std::vector<column> columns) : columns_{std::move(columns)} {}
    /// One cell per column.
    void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] const std::vector<column>& columns() const noexcept { return columns_; }
    [[nodiscard]] const std::vector<std::vector<cell>>& rows() const noexcept { return rows_; }

  private:
    std::vector<column> columns_;
    std::vector<std::vector<cell>> rows_;
};

class printer {
  public:
    printer(std::ostream& out, std::size_t columns, bool colours, bool terminal, bool redraws = false);
    /// The window has another width now.
    void resize(std::size_t columns) noexcept;

    /// `Label     head, rest…`: the head in its tone, then the rest, which brings its own comma or space, wrapped under
    /// the first word.
    void field(std::string_view label, const cell& head, std::string_view rest = {});
    /// A line under the field before, wrapped, with `mark` in front.
    void under(std::string_view text, std::string_view mark = {}, tone look = tone::plain);
    /// A heading with an empty line before it.
    void heading(std::string_view title);
    /// One wrapped paragraph from the left margin.
    void paragraph(std::string_view text, tone look = tone::plain);
    void blank();
    void print(const table& rows);
    /// JSON as it came; on a terminal, what could act on it is escaped.
    void json_line(std::string_view json);
    /// Text for other programs, byte for byte; on a terminal, what could act on it is escaped and lines end as usual.
    void line(std::string_view text, std::string_view line_break);
    /// Whole lines for other programs, byte for byte; on a terminal as above.
    void verbatim(std::string_view lines);
    /// What was printed goes out now. False when that failed.
    bool flush();
    /// JSON over several lines, for people.
    void json_pretty(std::string_view json);

    /// Takes everything off a terminal that knows how; does nothing elsewhere.
    void clear_screen();
    [[nodiscard]] bool terminal() const noexcept { return terminal_; }
    /// A terminal on which a screen can take the place of the one before.
    [[nodiscard]] bool redraws() const noexcept { return redraws_; }
    [[nodiscard]] std::size_t columns() const noexcept { return columns_; }

  private:
    [[nodiscard]] std::string paint(std::string_view safe, tone look) const;
    [[nodiscard]] std::size_t label_columns() const noexcept;
    void print_row(const std::vector<cell>& row, const table& of, const std::vector<std::size_t>& widths);
    void print_over_lines(const std::vector<cell>& row, const table& of);

    std::ostream& out_;
    std::size_t columns_;
    bool colours_;
    bool terminal_;
    bool redraws_;
};

/// Tones of the words that have one: green, yellow, red; bands A to D. Plain for others.
[[nodiscard]] tone tone_of_level(std::string_view level) noexcept;
[[nodiscard]] tone tone_of_band(std::string_view band) noexcept;

}  // namespace valhalla::ctl
