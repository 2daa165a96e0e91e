// SPDX-License-Identifier: Apache-2.0
//
// Base64 as RFC 4648 §4 writes it, with padding; nothing else is accepted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace valhalla::ctl {

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Nothing for text that `to_base64` would not have written.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace valhalla::ctl
