// SPDX-License-Identifier: Apache-2.0
//
// The configuration file, TOML. packaging/gateway.toml is one with every key, its default and its meaning.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ipc/http/options.hpp"

namespace valhalla::http {

/// Lays the file's values over `into`. A sentence with file and line when anything is wrong; `into` is then half filled
/// and of no use. Unknown keys are wrong, and the nearest known one is named.
[[nodiscard]] std::optional<std::string> apply_config_file(const std::filesystem::path& file, program_options& into);

/// Every key there is, as `table.key`.
[[nodiscard]] std::vector<std::string> config_keys();

/// A line for each of `[limits]`, with its value.
[[nodiscard]] std::string describe_limits(const program_options& options);

}  // namespace valhalla::http
