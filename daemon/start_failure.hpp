// SPDX-License-Identifier: Apache-2.0
//
// A start that failed: the exit code (config.hpp) and a sentence for the person who started it.
#pragma once

#include <string>

namespace valhalla {

struct start_failure {
    int status = 0;
    std::string message;
};

}  // namespace valhalla
