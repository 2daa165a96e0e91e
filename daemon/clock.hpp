// SPDX-License-Identifier: Apache-2.0
//
// Where time comes from. Passed in, so that tests can hold it still; any thread.
#pragma once

#include <chrono>
#include <functional>

#include "schema/model/time.hpp"

namespace valhalla {

/// Wall-clock time, UTC. May jump; whoever needs order takes the maximum with what it saw last.
using clock_function = std::function<unix_micros()>;

[[nodiscard]] inline unix_micros system_now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace valhalla
