// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/service_manager.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

#include <systemd/sd-daemon.h>

namespace valhalla::service_manager {

namespace {

/// sd_notify(3), which waits when the service manager does not read; nobody who serves may.
void send_without_waiting(const std::string& text) noexcept {
    const char* const where = std::getenv("NOTIFY_SOCKET");
    sockaddr_un to{};
    if (where == nullptr || (*where != '/' && *where != '@') || std::strlen(where) >= sizeof to.sun_path) {
        return;
    }
    const auto length = std::strlen(where);
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, where, length);
    if (*where == '@') {
        to.sun_path[0] = '\0';
    }
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) {
        return;
    }
    // A path ends with a zero byte, which an abstract name does not have.
    const auto size = offsetof(sockaddr_un, sun_path) + length + (*where == '/' ? 1U : 0U);
    ::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
             static_cast<socklen_t>(size));
    ::close(socket);
}

std::string with_status(const char* what, const std::string& status) {
    return std::string{what} + "\nSTATUS=" + status;
}

}  // namespace

void ready(const std::string& status) {
    sd_notify(0, with_status("READY=1", status).c_str());
}

void alive(const std::string& status) {
    send_without_waiting(with_status("WATCHDOG=1", status));
}

void stopping(const std::string& status) {
    send_without_waiting(with_status("STOPPING=1", status));
}

std::vector<int> take_sockets() {
    const int count = sd_listen_fds(1);
    if (count < 0) {
        throw handover_error{"sockets that cannot be used: " + std::generic_category().message(-count)};
    }
    std::vector<int> descriptors(static_cast<std::size_t>(count));
    std::iota(descriptors.begin(), descriptors.end(), SD_LISTEN_FDS_START);
    return descriptors;
}

bool has_sockets() noexcept {
    constexpr int leave_environment = 0;
    return sd_listen_fds(leave_environment) != 0;
}

}  // namespace valhalla::service_manager
