// SPDX-License-Identifier: Apache-2.0
//
// What is made beside the database must not stop the changes: it leaves them room, or is not made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "ipc/errors.hpp"

namespace valhalla {

/// Left free on the disk beside a backup or an export.
inline constexpr std::uint64_t spared_bytes = 64ULL * 1024 * 1024;

/// 0 for a file that is not there.
[[nodiscard]] std::uint64_t size_or_zero(const std::filesystem::path& file);

/// `storage_full` when what is made of `database`, which may become as large as it and its write-ahead log, has no room
/// on the disk of `directory`. `what` is made, e.g. `a backup`; `advice` ends the sentence. Nothing when there is room,
/// or the disk does not say.
[[nodiscard]] std::optional<ipc::rpc_error> lack_of_room(std::string_view what, const std::filesystem::path& directory,
                                                         const std::filesystem::path& database,
                                                         std::string_view advice);
/// The same of what takes up to `needed` bytes.
[[nodiscard]] std::optional<ipc::rpc_error> lack_of_room(std::string_view what, const std::filesystem::path& directory,
                                                         std::uint64_t needed, std::string_view advice);

}  // namespace valhalla
