// SPDX-License-Identifier: Apache-2.0
//
// What is known of the terminal that somebody sits at.
#pragma once

#include <cstddef>

namespace valhalla {

/// Of the window behind the descriptor; where that has none, what COLUMNS says, else 80.
[[nodiscard]] std::size_t columns_of_terminal(int descriptor);

/// Whether it understands more than lines: nothing is known of a terminal without a name, and a dumb one can only go
/// on.
[[nodiscard]] bool terminal_moves_cursor();

}  // namespace valhalla
