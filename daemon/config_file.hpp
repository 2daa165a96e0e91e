// SPDX-License-Identifier: Apache-2.0
//
// The configuration file, TOML. packaging/valhallad.toml is one with every key, its default and its meaning.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config.hpp"

namespace valhalla {

/// Lays the file's values over `into`. A sentence with file and line when anything is wrong; `into` is then half filled
/// and of no use. Unknown keys are wrong, and the nearest known one is named.
[[nodiscard]] std::optional<std::string> apply_config_file(const std::filesystem::path& file, config& into);

/// Every key there is, as `table.key`; `rate_limits` stands for its table, whose keys are methods.
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace valhalla
