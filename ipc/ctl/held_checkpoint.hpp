// SPDX-License-Identifier: Apache-2.0
//
// The file `checkpoint` of a directory that mirrors a log: what it stands for is complete, so it is written last.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "ipc/ctl/checkpoint_note.hpp"

namespace valhalla::ctl {

inline constexpr std::string_view checkpoint_name = "checkpoint";

/// The one that `directory` holds; nothing when it has none. A `fault` when it is of another log than `now`, of a
/// larger size, or of the same size with another root.
[[nodiscard]] std::optional<signed_checkpoint> held_checkpoint(const std::filesystem::path& directory,
                                                               const signed_checkpoint& now);

/// Waits until all that was written before is on the disk, then puts it in place.
void replace_checkpoint(const std::filesystem::path& directory, std::string_view note);

}  // namespace valhalla::ctl
