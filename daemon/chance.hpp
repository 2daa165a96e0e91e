// SPDX-License-Identifier: Apache-2.0
//
// Names that nothing else has.
#pragma once

#include <cstddef>
#include <string>

namespace valhalla {

/// `digits` random hex digits from the kernel.
[[nodiscard]] std::string hex_of_chance(std::size_t digits);

}  // namespace valhalla
