// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace valhalla::ipc {

/// The one of `known` that was probably meant by `name`: edit distance at most a third of its length plus one, and 6.
/// Empty when none resembles it. For error messages: names of more than 64 bytes resemble nothing.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace valhalla::ipc
