// SPDX-License-Identifier: Apache-2.0
//
// `[limits]` of the configuration file: how much the daemon lets itself be asked at once. Each key has a range, and
// some bear on each other; what does not fit is told with its line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "daemon/config.hpp"

namespace valhalla {

/// Nothing, or what is wrong with it. Keys that are missing keep their values.
[[nodiscard]] std::optional<std::string> apply_limits(const std::string& file, const toml::table& table, config& into);
/// `limits.connections` and so on.
[[nodiscard]] std::vector<std::string> limit_keys();
/// A line for each, with its value.
[[nodiscard]] std::string describe_limits(const config& c);

}  // namespace valhalla
