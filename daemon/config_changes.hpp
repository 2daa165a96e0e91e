// SPDX-License-Identifier: Apache-2.0
//
// What a configuration that was read again changes: what is in force from now on, and what waits for a restart.
#pragma once

#include <string>
#include <vector>

#include "daemon/config.hpp"

namespace valhalla {

/// Keys as in the file, `access.operators`.
struct config_changes {
    std::vector<std::string> in_force;
    std::vector<std::string> wait_for_restart;
};

[[nodiscard]] config_changes changes_between(const config& running, const config& read);
/// `operators changed; limits.connections waits for a restart`, for a line of the log.
[[nodiscard]] std::string describe(const config_changes& what);
/// Every key that `changes_between` looks at; those of the limits are not among them.
[[nodiscard]] std::vector<std::string> compared_keys();

}  // namespace valhalla
