// SPDX-License-Identifier: Apache-2.0
//
// The texts of packaging/policy.toml and packaging/playbook.toml, compiled in: a daemon without files has rules.
#pragma once

#include <string_view>

namespace valhalla {

[[nodiscard]] std::string_view built_in_policy_text() noexcept;
[[nodiscard]] std::string_view built_in_playbook_text() noexcept;

}  // namespace valhalla
