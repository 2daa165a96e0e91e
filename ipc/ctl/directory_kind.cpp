// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/directory_kind.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"

namespace valhalla::ctl {

namespace fs = std::filesystem;

namespace {

/// The kind that a file of this name belongs to; nothing where several have it, or none.
std::optional<directory_kind> kind_by_name(std::string_view name) {
    if ((name.starts_with("valhalla") && name.ends_with(".db")) || name == "anchor" || name == "signing.key") {
        return directory_kind::state;
    }
    if (name == "manifest.json" || name == "audit.log") {
        return directory_kind::export_set;
    }
    if (name == "tile") {
        return directory_kind::tiles;
    }
    return name.ends_with(".tlog-proof") ? std::optional{directory_kind::bundle} : std::nullopt;
}

std::string_view name_of_content(directory_kind kind) {
    switch (kind) {
        case directory_kind::state: return "the daemon's state or backups";
        case directory_kind::export_set: return "an export";
        case directory_kind::tiles: return "a log in tiles";
        case directory_kind::bundle: return "proofs";
    }
    return {};
}

}  // namespace

void refuse_other_kind(const fs::path& directory, directory_kind wanted) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator{directory, missing}) {
        const auto name = entry.path().filename().string();
        if (const auto kind = kind_by_name(name); kind && *kind != wanted) {
            throw fault{exit_code::refused,
                        fmt::format("{} holds {} ({}), and nothing else belongs there: give a directory of its own",
                                    directory.string(), name_of_content(*kind), name)};
        }
    }
}

}  // namespace valhalla::ctl
