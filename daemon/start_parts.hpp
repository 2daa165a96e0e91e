// SPDX-License-Identifier: Apache-2.0
//
// What a start reads and makes beside the database, as the configuration names it. Whatever is not there or not good
// ends the start.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "daemon/config.hpp"
#include "daemon/governor/canon.hpp"
#include "daemon/governor/playbook.hpp"
#include "daemon/witness.hpp"
#include "schema/state_dir.hpp"

namespace valhalla {

/// Built-in ones where none are configured. Throw `start_failure` (`usage`).
[[nodiscard]] std::shared_ptr<const governor::canon> load_rules(const config& c);
[[nodiscard]] std::shared_ptr<const governor::playbook> load_steps(const config& c);

/// Nothing for the empty name. Throws `start_failure` (`usage`).
[[nodiscard]] std::optional<gid_t> group_id(const std::string& name);

/// Where a development socket goes: made when missing, for the user alone. What cannot be made shows when it is bound.
/// Throws `start_failure` (`socket`) when it is the one below /tmp and another user could change what lies in it.
void make_private_directory(const std::filesystem::path& path);

/// A witness without a name has no key, and cosigns nothing. Throws `storage_error`.
[[nodiscard]] witness load_witness(const config& c, const schema::state_dir& directory);

}  // namespace valhalla
