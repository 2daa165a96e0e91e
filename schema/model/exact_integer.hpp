// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace valhalla {

/// 2^53 - 1: the largest integer that every reader of JSON keeps exact (RFC 8259, section 6). Whoever counts on from it
/// stays far below what 64 bits hold.
inline constexpr std::int64_t largest_exact_integer = 9'007'199'254'740'991;

}  // namespace valhalla
