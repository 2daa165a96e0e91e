// SPDX-License-Identifier: Apache-2.0
#include "schema/trail_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/limits.hpp"

namespace valhalla::schema {

namespace {

/// Whether `fd` has exactly `bytes` at `at`.
bool holds_bytes(int fd, std::uint64_t at, std::string_view bytes) {
    std::string there(bytes.size(), '\0');
    for (std::size_t have = 0; have < there.size();) {
        const auto got = ::pread(fd, there.data() + have, there.size() - have, static_cast<off_t>(at + have));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return there == bytes;
}

}  // namespace

void trail_file::bring_to(int directory, reader& from, std::uint64_t size, bool may_replace,
                          const std::function<void()>& before_piece) {
    // Taken out: what is thrown leaves nothing that would be believed the next time.
    auto now = std::exchange(now_, std::nullopt);
    if (!now || now->tree.size() > size || !is_same_file(*now, directory)) {
        now = open_there(directory);
    }
    if (now && fill(*now, from, size, before_piece) && now->bytes >= now->there) {
        if (std::exchange(now->grown, false) && ::fsync(now->fd.get()) != 0) {
            throw_file_fault(path_, "synced", errno);
        }
        now_ = std::move(now);
        return;
    }
    if (now && !may_replace) {
        throw storage_error{storage_fault::unusable,
                            path_.string() + " is not a beginning of this trail, and is left as it is: move it away"};
    }
    replace(directory, from, size, before_piece);
}

void trail_file::replace(int directory, reader& from, std::uint64_t size, const std::function<void()>& before_piece) {
    const auto name = path_.filename().string();
    const auto draft = "." + name + ".tmp";
    auto fresh = create(directory, draft);
    try {
        static_cast<void>(fill(fresh, from, size, before_piece));
        if (::fsync(fresh.fd.get()) != 0) {
            throw_file_fault(path_, "synced", errno);
        }
        if (::renameat(directory, draft.c_str(), directory, name.c_str()) != 0) {
            throw_file_fault(path_, "replaced", errno);
        }
    } catch (...) {
        ::unlinkat(directory, draft.c_str(), 0);
        throw;
    }
    fresh.grown = false;
    now_ = std::move(fresh);
}

bool trail_file::is_same_file(const content& known, int directory) const {
    struct stat open{};
    struct stat named{};
    return ::fstat(known.fd.get(), &open) == 0 &&
           ::fstatat(directory, path_.filename().c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino &&
           static_cast<std::uint64_t>(open.st_size) == known.bytes;
}

std::optional<trail_file::content> trail_file::open_there(int directory) const {
    // O_NONBLOCK: a pipe of that name must not make us wait for its reader.
    content found{.fd = unique_fd{::openat(directory, path_.filename().c_str(),
                                           O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)}};
    if (!found.fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw_file_fault(path_, "opened", errno);
    }
    struct stat about{};
    if (::fstat(found.fd.get(), &about) != 0) {
        throw_file_fault(path_, "examined", errno);
    }
    if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid()) {
        throw storage_error{storage_fault::unusable, path_.string() + " is not a regular file of the daemon's user"};
    }
    found.there = static_cast<std::uint64_t>(about.st_size);
    give_access(found.fd.get(), access_, path_);
    return found;
}

trail_file::content trail_file::create(int directory, const std::string& name) const {
    ::unlinkat(directory, name.c_str(), 0);  // left by a crash
    content fresh{.fd = unique_fd{::openat(directory, name.c_str(),
                                           O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)}};
    if (!fresh.fd) {
        throw_file_fault(path_, "created", errno);
    }
    give_access(fresh.fd.get(), access_, path_);
    return fresh;
}

bool trail_file::fill(content& into, reader& from, std::uint64_t size, const std::function<void()>& before_piece) {
    std::string lines;
    while (into.tree.size() < size) {
        const auto first = static_cast<std::int64_t>(into.tree.size()) + 1;
        const auto last = std::min(first + limits::records_in_memory - 1, static_cast<std::int64_t>(size));
        lines.clear();
        from.each_record(audit_seq{first}, audit_seq{last}, [&](std::string_view record) {
            into.tree.append(hasher_.leaf(record), hasher_);
            lines += record;
            lines += '\n';
        });
        if (into.tree.size() != static_cast<std::uint64_t>(last)) {
            throw storage_error{storage_fault::broken, "the audit trail has gaps"};
        }
        before_piece();
        if (!take(into, lines)) {
            return false;
        }
    }
    return true;
}

bool trail_file::take(content& into, std::string_view lines) const {
    if (into.bytes < into.there) {
        const auto known = lines.substr(0, std::min<std::uint64_t>(into.there - into.bytes, lines.size()));
        if (!holds_bytes(into.fd.get(), into.bytes, known)) {
            return false;
        }
        into.digest.update(known);
        into.bytes += known.size();
        lines.remove_prefix(known.size());
    }
    if (!lines.empty()) {
        write_all(into.fd.get(), lines, path_);
        into.digest.update(lines);
        into.bytes += lines.size();
        into.grown = true;
    }
    return true;
}

hash256 trail_file::root() {
    return now_->tree.root(hasher_);
}

}  // namespace valhalla::schema
