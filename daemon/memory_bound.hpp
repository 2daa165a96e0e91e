// SPDX-License-Identifier: Apache-2.0
//
// The most memory that the daemon takes when everything that the configuration allows is in use at once. An upper
// bound: buffers that double when they grow are counted twice. What the kernel holds for sockets comes on top of it:
// some 200 KiB for a connection whose peer reads nothing, as net.core.wmem_default says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/config.hpp"

namespace valhalla {

struct memory_bound {
    std::size_t base = 0;         ///< the program, SQLite's caches, the state, queries under way
    std::size_t connection = 0;   ///< what one has for itself
    std::size_t connections = 0;  ///< all of them
    std::size_t buffers = 0;      ///< what they share for long lines and unread answers
    std::size_t follows = 0;      ///< pages of the trail for followers
    std::size_t queue = 0;        ///< changes that wait for the disk
    std::size_t import = 0;       ///< the documents of an import, which is there once, as long as it lasts
    std::size_t answers = 0;      ///< answers on their way from the ledger to the connections
    [[nodiscard]] std::size_t total() const noexcept {
        return base + connections + buffers + follows + queue + import + answers;
    }
};

[[nodiscard]] memory_bound memory_bound_of(const config& c);

}  // namespace valhalla
