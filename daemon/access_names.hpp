// SPDX-License-Identifier: Apache-2.0
//
// Users and groups that a configuration names and this system does not know: probably written wrongly. They are no
// error, for they may come later; but administrators who rely on a role learn of it.
#pragma once

#include <string>
#include <vector>

#include "daemon/access_control.hpp"

namespace valhalla {

/// A sentence for each. What is in force where nothing is configured is left out. Asks the user database, which may
/// take its time.
[[nodiscard]] std::vector<std::string> unknown_names_in(const access_rules& rules);

}  // namespace valhalla
