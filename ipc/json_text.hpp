// SPDX-License-Identifier: Apache-2.0
//
// JSON as text: taken out of it, put into it, squeezed. All append to the end of a string.
#pragma once

#include <string>
#include <string_view>

namespace valhalla::ipc {

/// Appends the meaning of `raw`, the inside of a string that a reader accepted.
void append_unescaped(std::string& out, std::string_view raw);
/// Appends a value that a reader accepted, without the whitespace between its tokens.
void append_minified(std::string& out, std::string_view raw);
/// Appends `text`, which must be valid UTF-8, as a JSON string with its quotes.
void append_quoted(std::string& out, std::string_view text);

/// A copy of JSON in which no exponent has more than nine digits: Boost.JSON refuses those beyond an int, which JSON
/// itself does not. What is cut was far beyond every double, and still is.
[[nodiscard]] std::string with_short_exponents(std::string_view json);

}  // namespace valhalla::ipc
