// SPDX-License-Identifier: Apache-2.0
#include "ipc/socket_path.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "ipc/unix_server.hpp"

namespace valhalla::ipc {

namespace {

constexpr mode_t socket_mode = 0660;

class descriptor {
  public:
    explicit descriptor(int fd) noexcept : fd_{fd} {}
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
    throw listen_error{fmt::format("cannot listen on {}: {}", path, why)};
}

[[noreturn]] void refuse_errno(const std::string& path, std::string_view doing) {
    refuse(path, fmt::format("{}: {}", doing, std::generic_category().message(errno)));
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // One byte for the terminating zero.
    if (path.size() >= sizeof address.sun_path) {
        refuse(path, fmt::format("the path has {} bytes, and a socket's path at most {}; choose a shorter one",
                                 path.size(), sizeof address.sun_path - 1));
    }
    if (path.empty() || path.front() == '\0' || path.find('\0') != std::string::npos) {
        refuse(path, "this is not a path");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): the socket API's own way
}

int new_socket(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        refuse_errno(path, "no socket");
    }
    return fd;
}

void require_directory(const std::string& path) {
    const auto parent = std::filesystem::path{path}.parent_path();
    struct stat about{};
    if (!parent.empty() && ::stat(parent.c_str(), &about) != 0) {
        const int fault = errno;
        refuse(path, fmt::format("the directory {}: {}; {}choose another path", parent.string(),
                                 std::generic_category().message(fault), fault == ENOENT ? "make it, or " : ""));
    }
    if (!parent.empty() && !S_ISDIR(about.st_mode)) {
        refuse(path, fmt::format("{} is not a directory", parent.string()));
    }
}

/// Whether there is a socket already. Refuses anything else that is there.
bool is_taken(const std::string& path) {
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0) {
        if (errno != ENOENT) {
            refuse_errno(path, "looking for what is there");
        }
        return false;
    }
    if (!S_ISSOCK(about.st_mode)) {
        refuse(path, "something that is not a socket is there; move it away or choose another path");
    }
    return true;
}

/// Makes room: a socket that nobody listens on is left over from a process that was killed.
void remove_stale(const std::string& path, const sockaddr_un& address) {
    if (!is_taken(path)) {
        return;
    }
    const descriptor probe{new_socket(path)};
    if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN) {
        refuse(path, "another process is listening there; stop it or choose another path");
    }
    if (errno != ECONNREFUSED) {
        refuse_errno(path, "asking whether somebody listens there");
    }
    if (::unlink(path.c_str()) != 0) {
        refuse_errno(path, "removing a socket that nobody listens on");
    }
}

}  // namespace

void require_place(const std::string& path) {
    static_cast<void>(address_of(path));
    require_directory(path);
    static_cast<void>(is_taken(path));
}

listening_socket listen_on_path(const std::string& path, std::optional<gid_t> group, int backlog) {
    const sockaddr_un address = address_of(path);
    require_directory(path);
    remove_stale(path, address);
    descriptor fd{new_socket(path)};
    // The mode is set before the name exists, so there is no moment at which others could connect. The umask can only
    // take from it; what it took is given back when the group is right.
    if (::fchmod(fd.get(), socket_mode) != 0) {
        refuse_errno(path, "setting its mode");
    }
    if (::bind(fd.get(), generic(address), sizeof address) != 0) {
        refuse_errno(path, "binding it");
    }
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0) {
        refuse_errno(path, "looking at it");
    }
    const bound_path where{path, about.st_dev, about.st_ino};
    const auto give_up = [&](std::string_view doing) {
        const int fault = errno;
        release_socket_path(where);
        errno = fault;
        refuse_errno(path, doing);
    };
    if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
        give_up("giving it to its group");
    }
    if (::chmod(path.c_str(), socket_mode) != 0) {
        give_up("setting its mode");
    }
    if (::listen(fd.get(), backlog) != 0) {
        give_up("listening");
    }
    return {fd.release(), where};
}

void release_socket_path(const bound_path& where) noexcept {
    struct stat about{};
    const bool ours = !where.path.empty() && ::lstat(where.path.c_str(), &about) == 0 && about.st_dev == where.device &&
                      about.st_ino == where.inode;
    if (ours) {
        ::unlink(where.path.c_str());
    }
}

}  // namespace valhalla::ipc
