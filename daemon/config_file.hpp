// SPDX-License-Identifier: Apache-2.0
//
// The configuration file, TOML:
//
//   state_dir = "/var/lib/valhalla"
//   socket = "/run/valhalla/valhallad.sock"
//   socket_group = "valhalla"
//   policy = "/etc/valhalla/policy.toml"
//   playbook = "/etc/valhalla/playbook.toml"
//   log_level = "info"
//   [access]
//   owners = ["group:valhalla-admin"]
//   operators = ["group:valhalla"]
//   viewers = []
//   others = "none"
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "daemon/config.hpp"

namespace valhalla {

/// Lays the file's values over `into`. A sentence with file and line when anything is wrong; `into` is then half filled
/// and of no use. Unknown keys are wrong, and the nearest known one is named.
[[nodiscard]] std::optional<std::string> apply_config_file(const std::filesystem::path& file, config& into);

}  // namespace valhalla
