// SPDX-License-Identifier: Apache-2.0
#include "schema/state_dir.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"

namespace valhalla::schema {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void unusable(const std::string& message) {
    throw storage_error{storage_fault::unusable, message};
}

struct filesystem_kind {
    std::uint32_t magic;
    std::string_view name;
};
/// Their shared memory does not hold between processes, or not at all; the write-ahead log needs it.
constexpr std::array without_shared_memory{filesystem_kind{0x6969, "NFS"}, filesystem_kind{0x517B, "SMB"},
                                           filesystem_kind{0xFF534D42, "CIFS"}, filesystem_kind{0xFE534D42, "SMB2"},
                                           filesystem_kind{0x65735546, "FUSE"}};

/// Each directory that is made is on the disk before anything lies in it: a name that its parent does not have after a
/// power cut takes everything below with it.
void create(const fs::path& path, mode_t mode = 0777) {
    std::error_code error;
    if (fs::exists(path, error)) {
        return;
    }
    const auto parent = path.parent_path();
    if (!parent.empty() && parent != path) {
        create(parent);
    }
    if (::mkdir(path.c_str(), mode) != 0) {
        if (errno == EEXIST) {
            return;
        }
        unusable(fmt::format("cannot create the state directory {}: {}; create it or choose another one", path.string(),
                             std::strerror(errno)));
    }
    sync_directory(parent.empty() ? fs::path{"."} : parent);
}

void check_owner_and_mode(const fs::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        unusable(fmt::format("cannot use the state directory {}: {}", path.string(), std::strerror(errno)));
    }
    if (!S_ISDIR(status.st_mode)) {
        unusable(fmt::format("the state directory {} is not a directory; choose another one", path.string()));
    }
    if (status.st_uid != ::geteuid()) {
        unusable(fmt::format("the state directory {} belongs to user {}; run as that user or choose another one",
                             path.string(), status.st_uid));
    }
    if ((status.st_mode & 07777U) != 0700 && ::chmod(path.c_str(), 0700) != 0) {
        unusable(fmt::format("the state directory {} can be read by others and cannot be made private: {}",
                             path.string(), std::strerror(errno)));
    }
}

void check_filesystem(const fs::path& path) {
    struct statfs status{};
    if (::statfs(path.c_str(), &status) != 0) {
        unusable(fmt::format("cannot ask for the filesystem of {}: {}", path.string(), std::strerror(errno)));
    }
    for (const filesystem_kind& kind : without_shared_memory) {
        if (static_cast<std::uint32_t>(status.f_type) == kind.magic) {
            unusable(
                fmt::format("the state directory {} lies on {}, where the database cannot be kept safely; choose "
                            "one on a local disk",
                            path.string(), kind.name));
        }
    }
}

/// For the message only: who held the lock when it was taken.
std::string holder_of(int fd) {
    std::array<char, 32> text{};
    const ::ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    std::string_view pid{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    pid = pid.substr(0, pid.find('\n'));
    return pid.empty() ? std::string{} : fmt::format(" (process {})", pid);
}

unique_fd take_lock(const fs::path& path) {
    const fs::path file = path / "lock";
    unique_fd lock{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!lock) {
        unusable(fmt::format("cannot write in the state directory {}: {}; make it writable or choose another one",
                             path.string(), std::strerror(errno)));
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            throw storage_error{storage_fault::locked,
                                fmt::format("another valhallad{} uses the state directory {}; stop it or choose "
                                            "another directory",
                                            holder_of(lock.get()), path.string())};
        }
        unusable(fmt::format("cannot lock {}: {}", file.string(), std::strerror(errno)));
    }
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<::ssize_t>(pid.size())) {
        // Without room for a number the lock holds all the same.
        std::ignore = ::ftruncate(lock.get(), 0);
    }
    return lock;
}

}  // namespace

state_dir::state_dir(const fs::path& path) : path_{fs::absolute(path)} {
    create(path_.has_filename() ? path_ : path_.parent_path(), 0700);
    check_owner_and_mode(path_);
    check_filesystem(path_);
    lock_ = take_lock(path_);
}

}  // namespace valhalla::schema
