// SPDX-License-Identifier: Apache-2.0
//
// UTF-8, as far as the wire needs it (Unicode 15, table 3-7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/utf8.hpp"

namespace valhalla::ipc {

using valhalla::utf8_sequence_size;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// `code` is a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace valhalla::ipc
