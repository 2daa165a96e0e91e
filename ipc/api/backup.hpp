// SPDX-License-Identifier: Apache-2.0
//
// backup.*: copies of the whole database, made while it works.
#pragma once

#include <optional>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct backup_create {
    static constexpr std::string_view name = "backup.create";
    static constexpr std::string_view summary =
        "Copies the database into the daemon's backup directory, verifies all of the copy, and removes old ones. "
        "With a request key, a retry makes no second backup; after a crash during the backup it begins anew.";
    // Not a change: nothing of it is in the trail, as nothing of an export is.
    static constexpr effect kind = effect::task;
    static constexpr role needs = role::owner;
    struct params {
        std::optional<std::int64_t> keep;
    };
    static constexpr auto fields = std::tuple{
        integer("keep", &params::keep, {.minimum = 1, .maximum = 10'000},
                "How many are kept, this one included; else what the configuration says."),
    };
    static constexpr std::array result{
        text("file", "Where it is, on the daemon's machine."),
        text("checkpoint", "The file of the signed checkpoint over exactly its records."),
        integer("tree_size", "Records of the trail in it."),
        text("root", "Root of the tree over them, hexadecimal."),
        integer("bytes", "Its size."),
        array_of(text("checked", "What was verified in the copy, a sentence each.")),
        array_of(text("removed", "Names of the backups that were removed for it.")),
    };
    static constexpr std::array errors{error_code::backup_running, error_code::backup_failed};
};

}  // namespace valhalla::ipc::api
