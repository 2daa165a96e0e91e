// SPDX-License-Identifier: Apache-2.0
//
// The playbook file: the steps as people write them (packaging/playbook.toml explains the format). Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/governor/playbook.hpp"
#include "ipc/service/file_problem.hpp"

namespace valhalla {

using loaded_playbook = std::variant<std::shared_ptr<const governor::playbook>, file_problem>;

/// The playbook in `path`, or the first thing that is wrong with it.
[[nodiscard]] loaded_playbook load_playbook(const std::filesystem::path& path);
/// The same for a text that is already there; `source` names it in problems and in the audit trail.
[[nodiscard]] loaded_playbook parse_playbook(std::string_view text, const std::string& source);
/// packaging/playbook.toml as it was when the program was built; its source is `built-in`.
[[nodiscard]] std::shared_ptr<const governor::playbook> built_in_playbook();

}  // namespace valhalla
