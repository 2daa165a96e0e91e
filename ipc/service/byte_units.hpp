// SPDX-License-Identifier: Apache-2.0
//
// Units of sizes in memory and on the disk.
#pragma once

#include <cstddef>
#include <cstdint>

namespace valhalla {

inline constexpr std::uint64_t kib = std::uint64_t{1} << 10U;
inline constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

/// In MiB, rounded up.
[[nodiscard]] constexpr std::size_t in_mib(std::size_t bytes) noexcept {
    return (bytes + mib - 1) / mib;
}

}  // namespace valhalla
