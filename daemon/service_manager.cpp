// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_manager.hpp"

#include <cstddef>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "daemon/config.hpp"
#include "daemon/start_failure.hpp"

namespace valhalla::service_manager {

namespace {

void tell(const char* what, const std::string& status) {
    sd_notify(0, fmt::format("{}\nSTATUS={}", what, status).c_str());
}

[[noreturn]] void refuse_passed_sockets(const std::string& why) {
    throw start_failure{exit_code::socket, fmt::format("the service manager handed over {}; a socket unit for "
                                                       "valhallad has one ListenStream=, the path of a Unix socket",
                                                       why)};
}

std::string path_of(int descriptor) {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket API's own way
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        refuse_passed_sockets(fmt::format("a socket that cannot be asked: {}", std::generic_category().message(errno)));
    }
    if (size <= offsetof(sockaddr_un, sun_path) || address.sun_path[0] == '\0') {
        refuse_passed_sockets("a socket without a path");
    }
    return {static_cast<const char*>(address.sun_path)};
}

}  // namespace

void ready(const std::string& status) {
    tell("READY=1", status);
}

void alive(const std::string& status) {
    tell("WATCHDOG=1", status);
}

void stopping(const std::string& status) {
    tell("STOPPING=1", status);
}

std::optional<inherited_socket> take_listening_socket() {
    const int count = sd_listen_fds(1);
    if (count < 0) {
        refuse_passed_sockets(fmt::format("sockets that cannot be used: {}", std::generic_category().message(-count)));
    }
    if (count == 0) {
        return std::nullopt;
    }
    if (count > 1) {
        refuse_passed_sockets(fmt::format("{} sockets", count));
    }
    constexpr int descriptor = SD_LISTEN_FDS_START;
    constexpr int listening = 1;
    if (sd_is_socket(descriptor, AF_UNIX, SOCK_STREAM, listening) <= 0) {
        refuse_passed_sockets("a descriptor that is no listening Unix stream socket");
    }
    return inherited_socket{descriptor, path_of(descriptor)};
}

}  // namespace valhalla::service_manager
