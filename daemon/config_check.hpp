// SPDX-License-Identifier: Apache-2.0
//
// `--check-config`: what a start would refuse of the configuration and of the files that it names, found without
// touching the state.
#pragma once

#include <string>

#include "daemon/config.hpp"

namespace valhalla {

/// Reads the policy and the playbook and looks the socket's group up, as a start does. What the configuration means, in
/// lines, with the most memory that the daemon can take. Throws `start_failure` (`usage`).
[[nodiscard]] std::string check_config(const config& c);

}  // namespace valhalla
