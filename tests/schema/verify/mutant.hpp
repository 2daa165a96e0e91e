// SPDX-License-Identifier: Apache-2.0
//
// One way to damage a database file, drawn from a seed: the same seed makes the same file.
#pragma once

#include <cstdint>
#include <string>

#include "tests/schema/verify/page_editor.hpp"

namespace valhalla::tests {

/// Changes `pages` and says how.
std::string mutate(page_editor& pages, std::uint64_t seed);

}  // namespace valhalla::tests
