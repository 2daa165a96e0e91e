// SPDX-License-Identifier: Apache-2.0
//
// JSON as text: laying it out anew without reading it. Numbers and strings stay as they were written.
#pragma once

#include <string>
#include <string_view>

namespace valhalla {

/// `json`, which must be valid, without the whitespace between its tokens.
[[nodiscard]] std::string minify_json(std::string_view json);

/// `json`, which must be valid, with one member or element per line and two spaces per level; empty objects and
/// arrays stay `{}` and `[]`. No final newline. The layout of Python's `json.dumps(…, indent=2)`.
[[nodiscard]] std::string indent_json(std::string_view json);

/// Well-formed by RFC 3629; NUL is allowed.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace valhalla
