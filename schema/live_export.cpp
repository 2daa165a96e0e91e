// SPDX-License-Identifier: Apache-2.0
#include "schema/live_export.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/proof/sha256_stream.hpp"

namespace valhalla::schema {

namespace {

constexpr const char* current_name = "current";
constexpr const char* link_draft = ".current.tmp";
constexpr const char* first_set = "set-a";
constexpr const char* second_set = "set-b";
constexpr const char* live_trail = "audit.log";
constexpr const char* live_manifest = "manifest.json";
/// Longer than any link of ours.
constexpr std::size_t link_bytes = 256;

[[noreturn]] void refuse_place(const std::filesystem::path& path, const std::string& why) {
    throw storage_error{storage_fault::unusable, fmt::format("{} {}", path.string(), why)};
}

bool is_same_inode(int one, int other) {
    struct stat a{};
    struct stat b{};
    return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Whoever else may write to the directory could put other files in the place of ours.
void require_own_directory(int directory, const std::filesystem::path& path) {
    struct stat about{};
    if (::fstat(directory, &about) != 0) {
        throw_file_fault(path, "examined", errno);
    }
    if (about.st_uid != ::geteuid()) {
        refuse_place(path,
                     fmt::format("belongs to user {}, who could put other files there; give it to the daemon's user",
                                 about.st_uid));
    }
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        refuse_place(path, "may be written by others than its owner: chmod go-w");
    }
}

void require_writable(int directory, const std::filesystem::path& path) {
    if (::faccessat(directory, ".", W_OK | X_OK, 0) == 0) {
        return;
    }
    if (errno == EROFS) {
        refuse_place(path, "is read-only for the daemon: its service needs ReadWritePaths= with it");
    }
    throw_file_fault(path, "written to", errno);
}

/// Empty: there is none.
std::string link_target(int directory, const char* name) {
    std::array<char, link_bytes> target{};
    const auto length = ::readlinkat(directory, name, target.data(), target.size());
    return length < 0 ? std::string{} : std::string{target.data(), static_cast<std::size_t>(length)};
}

void sync_open(int fd, const std::filesystem::path& path) {
    if (::fsync(fd) != 0) {
        throw_file_fault(path, "synced", errno);
    }
}

}  // namespace

live_export::live_export(place where) : where_{std::move(where)}, trail_{where_.directory, live_trail, where_.access} {}

export_summary live_export::write(reader& from, const checkpoint_signer& sign,
                                  const std::function<void()>& before_piece) {
    open_directory();
    const auto old_set = current_set();
    if (old_set.empty()) {
        refuse_foreign_files();
    }
    document_spool documents{where_.spool};
    tree_head head;
    {
        const read_snapshot all_of_one_moment{from};
        head.size = from.trail_size();
        render_documents(from, [&](std::string_view name, std::string_view piece) { documents.add(name, piece); });
    }
    trail_.bring_to(directory_.get(), from, head.size, !old_set.empty(), before_piece);
    head.root = trail_.root();
    if (from.root_at(head.size) != head.root) {
        throw storage_error{storage_fault::broken, "the audit trail does not fit the tree over it"};
    }

    const std::string name = old_set == first_set ? second_set : first_set;
    const auto set = begin_set(name);
    std::vector<exported_file> entries;
    entries.reserve(documents.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        entries.push_back(write_file(set.get(), documents.name(i), [&](const piece_visitor& take) {
            documents.read(i, [&](std::string_view piece) {
                before_piece();
                take(piece);
            });
        }));
    }
    if (::linkat(directory_.get(), live_trail, set.get(), live_trail, 0) != 0) {
        throw_file_fault(where_.directory / name / live_trail, "linked", errno);
    }
    entries.push_back({.name = live_trail, .bytes = trail_.bytes(), .sha256 = to_hex(trail_.sha256())});
    if (sign) {
        entries.push_back(write_file(set.get(), "checkpoint", [&](const piece_visitor& take) { take(sign(head)); }));
    }
    const auto manifest =
        write_file(set.get(), live_manifest, [&](const piece_visitor& take) { take(render_manifest(head, entries)); });
    export_summary summary{.tree_size = head.size, .files = {}, .bytes = manifest.bytes};
    for (auto& entry : entries) {
        summary.files.push_back(std::move(entry.name));
        summary.bytes += entry.bytes;
    }
    summary.files.emplace_back(live_manifest);
    before_piece();
    end_set(set.get(), name, summary.files);
    return summary;
}

/// It is not made: a directory that is gone may be a disk that is not mounted.
void live_export::open_directory() {
    const auto& path = where_.directory;
    unique_fd found{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!found && (errno == ENOTDIR || errno == ELOOP)) {
        refuse_place(path, "is not a directory");
    }
    if (!found) {
        throw_file_fault(path, "opened", errno);
    }
    require_own_directory(found.get(), path);
    require_writable(found.get(), path);
    if (directory_ && is_same_inode(directory_.get(), found.get())) {
        return;
    }
    if (::flock(found.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            throw_file_fault(path, "locked", errno);
        }
        refuse_place(path, "is kept by another daemon; name another directory");
    }
    directory_ = std::move(found);
}

std::string live_export::current_set() const {
    struct stat about{};
    if (::fstatat(directory_.get(), current_name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) {
            return {};
        }
        throw_file_fault(where_.directory / current_name, "examined", errno);
    }
    if (!S_ISLNK(about.st_mode)) {
        refuse_place(where_.directory / current_name, "is not a link to a set: move it away");
    }
    return link_target(directory_.get(), current_name);
}

/// What the program before this one wrote must not be lost by naming its directory.
void live_export::refuse_foreign_files() const {
    for (const auto& name : export_documents()) {
        struct stat about{};
        if (name != live_trail &&
            ::fstatat(directory_.get(), std::string{name}.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0) {
            refuse_place(where_.directory / name, "is not of this daemon, and is left as it is: move it away");
        }
    }
}

unique_fd live_export::begin_set(const std::string& name) const {
    remove_set(name);
    const auto path = where_.directory / name;
    if (::mkdirat(directory_.get(), name.c_str(), 0700) != 0) {
        throw_file_fault(path, "created", errno);
    }
    unique_fd set{::openat(directory_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!set) {
        throw_file_fault(path, "opened", errno);
    }
    return set;
}

void live_export::remove_set(const std::string& name) const {
    const auto path = where_.directory / name;
    const unique_fd set{::openat(directory_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!set) {
        if (errno == ENOENT) {
            return;
        }
        throw_file_fault(path, "opened", errno);
    }
    for (const auto& document : export_documents()) {
        if (::unlinkat(set.get(), std::string{document}.c_str(), 0) != 0 && errno != ENOENT) {
            throw_file_fault(path / document, "removed", errno);
        }
    }
    if (::unlinkat(directory_.get(), name.c_str(), AT_REMOVEDIR) != 0) {
        throw_file_fault(path, "removed", errno);
    }
}

/// All of the set is on the disk before the link says that it is in force.
void live_export::end_set(int set, const std::string& name, const std::vector<std::string>& documents) const {
    // Not before: a change of the mode takes away that files get the group of their directory.
    const auto readable = where_.access.mode & 0444U;
    give_access(set, {.mode = 0700U | readable | (readable >> 2U), .group = where_.access.group},
                where_.directory / name);
    sync_open(set, where_.directory / name);
    sync_open(directory_.get(), where_.directory);
    link_to(name, current_name);
    for (const auto& document : documents) {
        if (document != live_trail) {
            link_to(fmt::format("{}/{}", current_name, document), document);
        }
    }
    sync_open(directory_.get(), where_.directory);
}

exported_file live_export::write_file(int set, std::string_view name,
                                      const std::function<void(const piece_visitor&)>& content) const {
    const auto path = where_.directory / name;
    const unique_fd file{
        ::openat(set, std::string{name}.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file) {
        throw_file_fault(path, "created", errno);
    }
    give_access(file.get(), where_.access, path);
    exported_file entry{.name = std::string{name}, .bytes = 0, .sha256 = {}};
    sha256_stream digest;
    content([&](std::string_view piece) {
        write_all(file.get(), piece, path);
        digest.update(piece);
        entry.bytes += piece.size();
    });
    sync_open(file.get(), path);
    entry.sha256 = to_hex(digest.finish());
    return entry;
}

void live_export::link_to(const std::string& target, const std::string& name) const {
    if (link_target(directory_.get(), name.c_str()) == target) {
        return;
    }
    const auto path = where_.directory / name;
    ::unlinkat(directory_.get(), link_draft, 0);  // left by a crash
    if (::symlinkat(target.c_str(), directory_.get(), link_draft) != 0 ||
        ::renameat(directory_.get(), link_draft, directory_.get(), name.c_str()) != 0) {
        throw_file_fault(path, "replaced", errno);
    }
}

}  // namespace valhalla::schema
