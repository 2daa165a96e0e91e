// SPDX-License-Identifier: Apache-2.0
//
// The most memory that the gateway takes when everything that the configuration allows is in use at once. An upper
// bound: buffers that double when they grow are counted twice. What the kernel holds for sockets comes on top of it.
#pragma once

#include <cstddef>
#include <string>

#include "ipc/http/options.hpp"

namespace valhalla::http {

struct memory_bound {
    std::size_t base = 0;         ///< the program, and one request and answer that it works on
    std::size_t connection = 0;   ///< what one has for itself
    std::size_t connections = 0;  ///< all of them
    std::size_t buffers = 0;      ///< what they share
    std::size_t daemon = 0;       ///< what was asked of the daemon, and its answers
    std::size_t kept = 0;         ///< answers and events that are kept for those who come with a key
    [[nodiscard]] std::size_t total() const noexcept { return base + connections + buffers + daemon + kept; }
};

[[nodiscard]] memory_bound memory_bound_of(const limits& bounds, bool tls);

/// What --check-config says of a good configuration. Throws `usage_error` for one that cannot be served.
[[nodiscard]] std::string check_config(const program_options& options);

}  // namespace valhalla::http
