// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <valhalla/client.hpp>

namespace valhalla::tests {

/// A client of the socket at `path` that tries again at once.
inline client_options quick(const std::string& path) {
    using namespace std::chrono_literals;
    return {.socket = path, .timeout = 20s, .first_pause = 1ms, .longest_pause = 4ms};
}

}  // namespace valhalla::tests
