// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/held_checkpoint.hpp"

#include <fmt/format.h>

#include "ipc/ctl/files.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::size_t max_note_bytes = std::size_t{64} << 10U;

signed_checkpoint read_held(const std::filesystem::path& path, std::string note) {
    try {
        return read_checkpoint(std::move(note), path.string());
    } catch (const fault&) {
        throw fault{exit_code::refused,
                    fmt::format("{} is not a signed checkpoint: give another directory", path.string())};
    }
}

}  // namespace

std::optional<signed_checkpoint> held_checkpoint(const std::filesystem::path& directory, const signed_checkpoint& now) {
    const auto path = directory / checkpoint_name;
    auto note = read_small_file(path, max_note_bytes);
    if (!note) {
        return std::nullopt;
    }
    auto held = read_held(path, std::move(*note));
    if (held.origin() != now.origin()) {
        throw fault{exit_code::refused,
                    fmt::format("{} holds the log {}, and this daemon keeps {}: give another directory",
                                directory.string(), held.origin(), now.origin())};
    }
    if (held.size() > now.size()) {
        throw fault{exit_code::unverified,
                    fmt::format("{} has {} records and the daemon has {}: its trail was cut or replaced. Keep the "
                                "directory as evidence, find out why, and give another directory",
                                path.string(), held.size(), now.size())};
    }
    if (held.size() == now.size() && held.says.head.root != now.says.head.root) {
        throw fault{
            exit_code::unverified,
            fmt::format("{} and the daemon's checkpoint have the same size {} and different roots: the trail was "
                        "rewritten. Keep the directory as evidence and find out why",
                        path.string(), held.size())};
    }
    return held;
}

void replace_checkpoint(const std::filesystem::path& directory, std::string_view note) {
    sync_file_system(directory);
    staged_file file{directory, std::string{checkpoint_name}};
    file.write(note);
    file.sync();
    file.put_in_place();
    sync_directory(directory);
}

}  // namespace valhalla::ctl
