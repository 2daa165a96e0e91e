// SPDX-License-Identifier: Apache-2.0
//
// Text for a terminal: what may be printed, how wide it is, where it breaks. Pure functions on UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::ctl {

/// One code point at the start of `text`. `length` 0: no UTF-8 there.
struct code_point {
    char32_t value = 0;
    std::size_t length = 0;
};
[[nodiscard]] code_point first_code_point(std::string_view text) noexcept;

enum class line_breaks : std::uint8_t { escape, keep };

/// Text of others, made harmless: control characters, direction overrides, line separators and bytes that are not
/// UTF-8 become visible escapes (`\x1b`, `\u202e`), so none of it can move the cursor or disguise itself.
[[nodiscard]] std::string printable(std::string_view text, line_breaks breaks = line_breaks::escape);

/// The same for JSON text: what could act on a terminal becomes `\u00xx` inside its string. Still the same JSON.
[[nodiscard]] std::string printable_json(std::string_view json);

/// Columns on a terminal; combining marks take none, East Asian wide ones and emoji two.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// At most `columns` wide; when something had to go, the last column is `…`.
[[nodiscard]] std::string clip(std::string_view text, std::size_t columns);

/// Lines of at most `columns`, broken at spaces where there are any. Line breaks in `text` are kept. At least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace valhalla::ctl
