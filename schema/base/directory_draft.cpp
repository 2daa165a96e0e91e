// SPDX-License-Identifier: Apache-2.0
#include "schema/base/directory_draft.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace valhalla::schema {

namespace fs = std::filesystem;

namespace {

using file_names = std::span<const std::string_view>;

[[noreturn]] void throw_draft_fault(const fs::path& path, std::string_view what, int error) {
    throw std::system_error{error, std::generic_category(), fmt::format("{} cannot be {}", path.string(), what)};
}

void sync_draft_directory(const fs::path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int failed = fd < 0 || ::fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        ::close(fd);
    }
    if (failed != 0) {
        throw_draft_fault(directory, "synced", failed);
    }
}

/// Beside the directory, where the two can be exchanged; inside of it where it is a link or a file system of its own,
/// or nothing can be made beside it.
fs::path draft_for(const fs::path& directory) {
    const auto parent = directory.has_parent_path() ? directory.parent_path() : fs::path{"."};
    struct stat own{};
    struct stat above{};
    if (::lstat(directory.c_str(), &own) == 0 && ::stat(parent.c_str(), &above) == 0 &&
        (S_ISLNK(own.st_mode) || own.st_dev != above.st_dev ||
         ::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) != 0)) {
        return directory / ".next";
    }
    return parent / fmt::format(".{}.next", directory.filename().string());
}

bool is_ours(const std::string& name, file_names names) {
    return std::ranges::any_of(
        names, [&](std::string_view ours) { return name == ours || name == fmt::format(".{}.tmp", ours); });
}

/// What of `draft` is not ours goes to `directory`, where nothing of that name is; the rest is removed. What is in the
/// way stays.
void empty_out(const fs::path& draft, const fs::path& directory, file_names names) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator at{draft, error}, end; !error && at != end; at.increment(error)) {
        found.push_back(at->path().filename().string());
    }
    for (const auto& name : found) {
        if (is_ours(name, names)) {
            ::unlink((draft / name).c_str());
        } else {
            std::ignore =
                ::renameat2(AT_FDCWD, (draft / name).c_str(), AT_FDCWD, (directory / name).c_str(), RENAME_NOREPLACE);
        }
    }
    ::rmdir(draft.c_str());
}

/// Whether `to` can be used by everybody who could use `from`, a directory that may be missing.
bool take_over_access(const fs::path& from, const fs::path& to) {
    struct stat old{};
    struct stat made{};
    if (::stat(from.c_str(), &old) != 0) {
        return true;
    }
    for (const char* const list : {"system.posix_acl_access", "system.posix_acl_default"}) {
        if (::getxattr(from.c_str(), list, nullptr, 0) > 0) {
            return false;
        }
    }
    if (::stat(to.c_str(), &made) != 0 || old.st_uid != made.st_uid ||
        (old.st_gid != made.st_gid && ::chown(to.c_str(), made.st_uid, old.st_gid) != 0)) {
        return false;
    }
    return ::chmod(to.c_str(), old.st_mode & 07777U) == 0;
}

}  // namespace

directory_draft::directory_draft(fs::path directory, file_names names, bool exchange)
    : directory_{std::move(directory)}, draft_{draft_for(directory_)}, names_{names} {
    for (const auto name : names_) {
        std::error_code error;
        if (fs::is_directory(fs::symlink_status(directory_ / name, error))) {
            throw_draft_fault(directory_ / name, "replaced", EISDIR);
        }
    }
    empty_out(draft_, directory_, names_);
    if (::mkdir(draft_.c_str(), 0700) != 0) {
        throw_draft_fault(draft_, "created", errno);
    }
    whole_ = exchange && draft_.parent_path() != directory_ && take_over_access(directory_, draft_);
}

directory_draft::~directory_draft() {
    empty_out(draft_, directory_, names_);
}

void directory_draft::clear_away(const fs::path& directory, file_names names) {
    empty_out(draft_for(directory), directory, names);
}

void directory_draft::publish() {
    sync_draft_directory(draft_);
    if (whole_ && (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, directory_.c_str(), RENAME_EXCHANGE) == 0 ||
                   (errno == ENOENT && ::rename(draft_.c_str(), directory_.c_str()) == 0))) {
        sync_draft_directory(directory_.has_parent_path() ? directory_.parent_path() : fs::path{"."});
        return;
    }
    replace_each();
}

void directory_draft::replace_each() const {
    for (const auto name : names_) {
        if (name == names_.back()) {
            sync_draft_directory(directory_);
        }
        if (::rename((draft_ / name).c_str(), (directory_ / name).c_str()) != 0 && errno != ENOENT) {
            throw_draft_fault(directory_ / name, "replaced", errno);
        }
    }
    sync_draft_directory(directory_);
}

}  // namespace valhalla::schema
