// SPDX-License-Identifier: Apache-2.0
//
// Who may read a file that others come for.
#pragma once

#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace valhalla::schema {

struct file_access {
    mode_t mode = 0600;
    /// The group of the file; absent: whichever the directory gives it.
    std::optional<gid_t> group{};
};

/// Changes only what differs, as a service may be forbidden to change it. `path` is for the message.
/// Throws `storage_error` (`unusable`).
void give_access(int fd, const file_access& access, const std::filesystem::path& path);

}  // namespace valhalla::schema
