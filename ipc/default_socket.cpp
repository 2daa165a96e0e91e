// SPDX-License-Identifier: Apache-2.0
#include "ipc/default_socket.hpp"

#include <cstdlib>
#include <unistd.h>

namespace valhalla::ipc {

std::string development_socket_path() {
    if (const char* const runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
        return std::string{runtime} + "/valhalla/valhallad.sock";
    }
    return "/tmp/valhalla-" + std::to_string(::geteuid()) + "/valhallad.sock";
}

std::string default_socket_path() {
    if (const char* const chosen = std::getenv("VALHALLA_SOCKET"); chosen != nullptr && *chosen != '\0') {
        return chosen;
    }
    if (std::string service{service_socket_path}; ::access(service.c_str(), F_OK) == 0) {
        return service;
    }
    return development_socket_path();
}

}  // namespace valhalla::ipc
