// SPDX-License-Identifier: Apache-2.0
#include "schema/backup_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"

namespace valhalla::schema {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view before = "valhalla-";
constexpr std::string_view behind = ".db";
constexpr std::string_view behind_checkpoint = ".checkpoint";
constexpr std::string_view draft_name = ".draft.db";

[[noreturn]] void refuse_backup_directory(const fs::path& directory, std::string_view what) {
    throw storage_error{means_no_room(errno) ? storage_fault::full : storage_fault::unusable,
                        fmt::format("the backup directory {} {}: {}", directory.string(), what, std::strerror(errno))};
}

/// Of a directory that a symbolic link leads to.
void require_private_target(const fs::path& directory) {
    constexpr mode_t of_others = 077;
    struct stat about{};
    if (::stat(directory.c_str(), &about) != 0) {
        refuse_backup_directory(directory, "cannot be looked at");
    }
    if (!S_ISDIR(about.st_mode) || about.st_uid != ::geteuid() || (about.st_mode & of_others) != 0) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("the backup directory {} is a symbolic link, and does not lead to a directory "
                                        "of the daemon's user that nobody else may enter (mode 0700)",
                                        directory.string())};
    }
}

/// When the backup was made that has this name; nothing for a name that this daemon never gives.
std::optional<unix_micros> time_in(std::string_view name) {
    constexpr std::size_t stamp_bytes = std::string_view{"20260131T120000Z"}.size();
    if (!name.starts_with(before) || name.size() <= before.size() + stamp_bytes) {
        return std::nullopt;
    }
    const auto stamp = name.substr(before.size(), stamp_bytes);
    const auto digits = name.substr(before.size() + stamp_bytes + 1);
    std::uint64_t records = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), records);
    const auto at = parse_utc(fmt::format("{}-{}-{}:{}:{}", stamp.substr(0, 4), stamp.substr(4, 2), stamp.substr(6, 5),
                                          stamp.substr(11, 2), stamp.substr(13)));
    return at && backup_dir::name_of(*at, records) == name ? at : std::nullopt;
}

bool is_file(const fs::path& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::string> entries_of(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at{directory, error}, end; !error && at != end; at.increment(error)) {
        names.push_back(at->path().filename().string());
    }
    if (error) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("{} cannot be read: {}", directory.string(), error.message())};
    }
    std::ranges::sort(names);
    return names;
}

/// Names, oldest first.
std::vector<std::string> backups_in(const fs::path& directory) {
    auto names = entries_of(directory);
    std::erase_if(names, [&](const std::string& name) { return !time_in(name) || !is_file(directory / name); });
    return names;
}

}  // namespace

fs::path checkpoint_beside(const fs::path& backup) {
    auto path = backup;
    path += behind_checkpoint;
    return path;
}

std::optional<unix_micros> newest_backup_time(const fs::path& directory) noexcept {
    try {
        const auto names = backups_in(directory);
        struct stat file{};
        if (names.empty() || ::stat((directory / names.back()).c_str(), &file) != 0) {
            return std::nullopt;
        }
        return unix_micros{std::chrono::seconds{file.st_mtim.tv_sec}};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

backup_dir::backup_dir(fs::path path) : path_{std::move(path)} {
    if (::mkdir(path_.c_str(), 0700) == 0) {
        sync_directory(path_.parent_path());
    } else if (errno != EEXIST) {
        refuse_backup_directory(path_, "cannot be made");
    } else if (fs::is_symlink(path_)) {
        require_private_target(path_);  // it is somebody else's directory: nothing of it is changed
    } else if (::chmod(path_.c_str(), 0700) != 0) {
        refuse_backup_directory(path_, "cannot be made private");
    }
    clear_backup_leftovers(path_);
}

std::string backup_dir::name_of(unix_micros at, std::uint64_t records) {
    std::string digits;
    for (const char c : format_utc(at).substr(0, std::string_view{"2026-01-31T12:00:00"}.size())) {
        if (c != '-' && c != ':') {
            digits += c;
        }
    }
    return fmt::format("{}{}Z-{:010}{}", before, digits, records, behind);
}

void backup_dir::put_checkpoint(const std::string& name, std::string_view note) const {
    replace_file(checkpoint_beside(path_ / name), note);
}

void backup_dir::publish(const std::string& name) const {
    const auto to = path_ / name;
    if (::rename(draft().c_str(), to.c_str()) != 0) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("{} cannot be put in place: {}", to.string(), std::strerror(errno))};
    }
    sync_directory(path_);
}

fs::path backup_dir::draft() const {
    return path_ / draft_name;
}

void clear_backup_leftovers(const fs::path& directory) noexcept {
    try {
        const auto all = entries_of(directory);
        for (const auto& name : all) {
            const auto backup = name.ends_with(behind_checkpoint)
                                    ? name.substr(0, name.size() - behind_checkpoint.size())
                                    : std::string{};
            const bool of_none = time_in(backup) && !std::ranges::binary_search(all, backup);
            if (of_none || name.starts_with(draft_name)) {
                ::unlink((directory / name).c_str());
            }
        }
    } catch (const std::exception&) {
        return;  // the next backup tries again
    }
}

std::vector<std::string> backup_dir::names() const {
    return backups_in(path_);
}

std::string backup_dir::next_name(unix_micros at, std::uint64_t records) const {
    for (const auto& name : entries_of(path_)) {
        if (const auto there = time_in(name)) {
            at = std::max(at, *there + std::chrono::seconds{1});
        }
    }
    return name_of(at, records);
}

backup_dir::removal backup_dir::remove_all_but(std::size_t keep, const std::string& newest) const {
    removal done;
    try {
        remove_old(keep, newest, done);
    } catch (const storage_error& fault) {
        done.left.emplace_back(fault.what());
    }
    return done;
}

void backup_dir::remove_old(std::size_t keep, const std::string& newest, removal& done) const {
    for (const auto& name : entries_of(path_)) {
        if (time_in(name) && !is_file(path_ / name)) {
            done.left.push_back(fmt::format("{} has the name of a backup and is not a file; remove it by hand",
                                            (path_ / name).string()));
        }
    }
    auto old = names();
    std::erase(old, newest);
    const std::size_t kept = keep > 0 ? keep - 1 : 0;
    old.resize(old.size() > kept ? old.size() - kept : 0);
    for (const auto& name : old) {
        // The backup first: a checkpoint alone is known as a leftover.
        if (::unlink((path_ / name).c_str()) != 0) {
            done.left.push_back(fmt::format("the old backup {} cannot be removed: {}; remove it by hand",
                                            (path_ / name).string(), std::strerror(errno)));
            continue;
        }
        ::unlink(checkpoint_beside(path_ / name).c_str());
        done.removed.push_back(name);
    }
    if (!done.removed.empty()) {
        sync_directory(path_);
    }
}

}  // namespace valhalla::schema
