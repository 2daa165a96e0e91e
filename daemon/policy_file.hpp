// SPDX-License-Identifier: Apache-2.0
//
// The policy file: the canon as people write it (packaging/policy.toml explains the format). Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/governor/canon.hpp"
#include "ipc/service/file_problem.hpp"

namespace valhalla {

using loaded_canon = std::variant<std::shared_ptr<const governor::canon>, file_problem>;

/// The canon in `path`, complete and consistent, or the first thing that is wrong with it.
[[nodiscard]] loaded_canon load_canon(const std::filesystem::path& path);
/// The same for a text that is already there; `source` names it in problems and in the audit trail.
[[nodiscard]] loaded_canon parse_canon(std::string_view text, const std::string& source);
/// packaging/policy.toml as it was when the program was built; its source is `built-in`.
[[nodiscard]] std::shared_ptr<const governor::canon> built_in_canon();

}  // namespace valhalla
