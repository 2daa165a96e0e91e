// SPDX-License-Identifier: Apache-2.0
//
// Base64 of RFC 4648 §4, with padding. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::schema {

[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);
/// Nothing unless `text` is exactly what `to_base64` writes for some bytes: evidence has one spelling.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace valhalla::schema
