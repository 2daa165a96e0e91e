// SPDX-License-Identifier: Apache-2.0
//
// Units of sizes in memory and on the disk.
#pragma once

#include <cstdint>

namespace valhalla {

inline constexpr std::uint64_t kib = std::uint64_t{1} << 10U;
inline constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

}  // namespace valhalla
