// SPDX-License-Identifier: Apache-2.0
#include "daemon/disk_room.hpp"

#include <system_error>

#include <fmt/format.h>

#include "ipc/service/byte_units.hpp"

namespace valhalla {

std::uint64_t size_or_zero(const std::filesystem::path& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(file, none);
    return none ? 0 : static_cast<std::uint64_t>(size);
}

std::optional<ipc::rpc_error> lack_of_room(std::string_view what, const std::filesystem::path& directory,
                                           const std::filesystem::path& database, std::string_view advice) {
    return lack_of_room(what, directory, size_or_zero(database) + size_or_zero(database.string() + "-wal"), advice);
}

std::optional<ipc::rpc_error> lack_of_room(std::string_view what, const std::filesystem::path& directory,
                                           std::uint64_t needed, std::string_view advice) {
    std::error_code error;
    const bool there = std::filesystem::exists(directory, error);
    const auto space = std::filesystem::space(there ? directory : directory.parent_path(), error);
    if (error || space.available >= needed + spared_bytes) {
        return std::nullopt;
    }
    return ipc::rpc_error{
        ipc::error_code::storage_full,
        fmt::format("there is no room for {} in {}: it takes up to {} MiB, {} MiB more stay free for the daemon's "
                    "work, and there are {} MiB; free some space, {}",
                    what, directory.string(), needed / mib + 1, spared_bytes / mib, space.available / mib, advice),
        {}};
}

}  // namespace valhalla
