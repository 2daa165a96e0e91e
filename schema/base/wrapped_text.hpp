// SPDX-License-Identifier: Apache-2.0
//
// Printable text in lines that are no wider than a terminal. Pure functions on UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla {

/// At most `columns` wide; when something had to go, the last column is `…`.
[[nodiscard]] std::string clip(std::string_view text, std::size_t columns);

/// Lines of at most `columns`, which are at least two, broken at spaces where there are any, never inside of what
/// stands together (`text_piece`). Line breaks in `text` are kept. At least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// Text of several lines, each wrapped; what is wrapped goes on below the indentation of its line.
[[nodiscard]] std::string narrowed(std::string_view lines, std::size_t columns);

}  // namespace valhalla
