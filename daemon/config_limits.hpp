// SPDX-License-Identifier: Apache-2.0
//
// `[limits]` of the configuration file: how much the daemon lets itself be asked at once. Each key has a range, and
// some bear on each other; what does not fit is told with its line.
#pragma once

#include <string>

#include "daemon/config.hpp"
#include "ipc/service/settings_file.hpp"

namespace valhalla {

/// Keys that are missing keep their values, but for the share of one user, which never exceeds its part of the whole.
[[nodiscard]] service::settings_section<config> limits_section();
/// A line for each, with its value.
[[nodiscard]] std::string describe_limits(const config& c);

}  // namespace valhalla
