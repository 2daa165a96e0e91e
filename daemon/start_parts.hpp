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
[[nodiscard]] std::optional<gid_t> group_id(const std::string& name, std::string_view key = "socket_group");
/// Throws `start_failure` (`usage`) when the group of the frontend's files is not there, or `require_reachable` does.
/// Not for a start, which must not wait for a directory service or for somebody else's disk.
void check_frontend(const config& c);
/// Throws `start_failure` (`usage`) when the frontend's files would lie where nobody but the daemon may read them.
void require_reachable(const frontend_settings& s, const std::filesystem::path& state_dir);

/// Before anything is made. Throws `start_failure` (`socket`) when there is no place for the socket. Looks at nothing
/// where the service manager hands over one.
void require_place_of_socket(const config& c);

/// Where a development socket goes: made when missing, for the user alone. What cannot be made shows when it is bound.
/// Throws `start_failure` (`socket`) when it is the one below /tmp and another user could change what lies in it.
void make_private_directory(const std::filesystem::path& path);

/// A witness without a name has no key, and cosigns nothing. Throws `storage_error`.
[[nodiscard]] witness load_witness(const config& c, const schema::state_dir& directory);

}  // namespace valhalla
