// SPDX-License-Identifier: Apache-2.0
//
// What somebody sent, as a message quotes it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace valhalla::ipc {

/// At most `max_bytes` of `text`, which is valid UTF-8, cut at a character; with `…` where something is missing, and
/// `?` for what is not printable (schema/base/printable.hpp).
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t max_bytes);

}  // namespace valhalla::ipc
