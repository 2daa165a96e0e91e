// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/service_manager.hpp"

#include <numeric>
#include <system_error>

#include <systemd/sd-daemon.h>

namespace valhalla::service_manager {

namespace {

void tell(const char* what, const std::string& status) {
    sd_notify(0, (std::string{what} + "\nSTATUS=" + status).c_str());
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

std::vector<int> take_sockets() {
    const int count = sd_listen_fds(1);
    if (count < 0) {
        throw handover_error{"sockets that cannot be used: " + std::generic_category().message(-count)};
    }
    std::vector<int> descriptors(static_cast<std::size_t>(count));
    std::iota(descriptors.begin(), descriptors.end(), SD_LISTEN_FDS_START);
    return descriptors;
}

}  // namespace valhalla::service_manager
