// SPDX-License-Identifier: Apache-2.0
//
// What may be shown as it is, and how wide it is: the one place that decides it, for the command line, the logs and the
// messages of every program. By Unicode's own data, which schema/cmake/unicode_tables.py makes tables of. Pure
// functions on UTF-8; nothing here knows a locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace valhalla {

/// What stands together on a screen: a character with its combining marks, or a sequence of emoji.
struct text_piece {
    std::size_t bytes = 0;    ///< none only at the end of the text
    std::size_t columns = 0;  ///< at most; terminals that know a sequence take fewer
    bool shown = false;       ///< false: may not be shown as it is
};
/// The piece that `text` begins with.
[[nodiscard]] text_piece next_piece(std::string_view text) noexcept;

enum class line_breaks : std::uint8_t { escape, keep };

/// Text of others, made harmless: nothing in it moves the cursor, changes the order of what is shown or hides. Bytes
/// that are not UTF-8, and characters that are controls, formats, separators of lines, private, not assigned, or
/// ignorable by default (Default_Ignorable_Code_Point), become visible escapes: `\n`, `\x1b`, `\u202e`, `\U000e0041`.
/// Joiners and variation selectors stay inside sequences of emoji. A backslash stays, so the text is for people.
[[nodiscard]] std::string printable(std::string_view text, line_breaks breaks = line_breaks::escape);

/// The same for JSON text: what may not be shown becomes `\u00xx` inside its string. Still the same JSON.
[[nodiscard]] std::string printable_json(std::string_view json);

/// Columns on a terminal; combining marks take none, East Asian wide characters and emoji two. At most: see
/// `text_piece`.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

}  // namespace valhalla
