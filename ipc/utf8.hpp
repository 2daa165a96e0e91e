// SPDX-License-Identifier: Apache-2.0
//
// UTF-8, as far as the wire needs it (Unicode 15, table 3-7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace valhalla::ipc {

/// Bytes of the well-formed sequence that `text` begins with: 1 to 4; 0 when there is none. No surrogates, nothing
/// longer than needed, nothing above U+10FFFF.
[[nodiscard]] std::size_t utf8_sequence_size(std::string_view text) noexcept;
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// `code` is a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t code);
/// At most `max_bytes` of `text`, which is valid UTF-8, cut at a character; with `…` where something is missing, and
/// control characters replaced by `?`: fit to be shown in a message.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t max_bytes);

}  // namespace valhalla::ipc
