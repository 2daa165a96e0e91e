// SPDX-License-Identifier: Apache-2.0
#include "schema/state_watch.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "schema/errors.hpp"
#include "schema/state_dir.hpp"

namespace valhalla::schema {

namespace fs = std::filesystem;

state_watch::state_watch(const state_dir& what) {
    auto log = what.database();
    log += "-wal";
    for (const auto& path : {what.path(), what.path() / "lock", what.database(), log}) {
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) {
            throw storage_error{storage_fault::unusable, fmt::format("{} cannot be looked at: {}", path.string(),
                                                                     std::generic_category().message(errno))};
        }
        files_.push_back({path, status.st_dev, status.st_ino});
    }
}

std::optional<std::string> state_watch::watched::displaced() const {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return fmt::format("{} is not where it was: {}", path.string(), std::generic_category().message(errno));
    }
    if (status.st_dev != device || status.st_ino != inode) {
        return fmt::format("{} is another file than the one that is open", path.string());
    }
    return std::nullopt;
}

std::optional<std::string> state_watch::displaced() const {
    for (const auto& one : files_) {
        if (auto what = one.displaced()) {
            return what;
        }
    }
    return std::nullopt;
}

std::optional<std::string> state_watch::directory_displaced() const {
    return files_.front().displaced();
}

std::string state_watch::ways_to_rescue() const {
    std::string commands;
    std::error_code error;
    for (const auto& one : {files_.at(2), files_.at(3)}) {
        for (fs::directory_iterator at{"/proc/self/fd", error}, end; !error && at != end; at.increment(error)) {
            struct stat status{};
            if (::stat(at->path().c_str(), &status) == 0 && status.st_dev == one.device && status.st_ino == one.inode) {
                commands += fmt::format("{}cp /proc/{}/fd/{} rescued{}", commands.empty() ? "" : " && ", ::getpid(),
                                        at->path().filename().string(),
                                        one.path.filename().string().substr(std::string_view{"valhalla"}.size()));
                break;
            }
        }
    }
    return commands;
}

}  // namespace valhalla::schema
