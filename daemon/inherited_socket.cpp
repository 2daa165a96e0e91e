// SPDX-License-Identifier: Apache-2.0
#include "daemon/inherited_socket.hpp"

#include <cerrno>
#include <cstddef>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "daemon/config.hpp"
#include "daemon/start_failure.hpp"
#include "ipc/service/service_manager.hpp"

namespace valhalla {

namespace {

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

std::optional<inherited_socket> take_listening_socket() {
    std::vector<int> taken;
    try {
        taken = service_manager::take_sockets();
    } catch (const service_manager::handover_error& fault) {
        refuse_passed_sockets(fault.what());
    }
    if (taken.empty()) {
        return std::nullopt;
    }
    if (taken.size() > 1) {
        refuse_passed_sockets(fmt::format("{} sockets", taken.size()));
    }
    constexpr int listening = 1;
    if (sd_is_socket(taken.front(), AF_UNIX, SOCK_STREAM, listening) <= 0) {
        refuse_passed_sockets("a descriptor that is not a listening Unix stream socket");
    }
    return inherited_socket{taken.front(), path_of(taken.front())};
}

}  // namespace valhalla
