// SPDX-License-Identifier: Apache-2.0
//
// A start that failed: the exit code (config.hpp) and a sentence for the person who started it.
#pragma once

#include <string>

#include "daemon/config.hpp"
#include "schema/errors.hpp"

namespace valhalla {

struct start_failure {
    int status = 0;
    std::string message;
};

/// What storage says against a start.
[[nodiscard]] inline start_failure failure_of(const schema::storage_error& fault) {
    using enum schema::storage_fault;
    const int status = fault.fault() == locked     ? exit_code::state_locked
                       : fault.fault() == unusable ? exit_code::state_unusable
                                                   : exit_code::storage;
    return {status, fault.what()};
}

}  // namespace valhalla
