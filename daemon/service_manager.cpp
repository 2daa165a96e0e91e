// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_manager.hpp"

#include <systemd/sd-daemon.h>

namespace valhalla::service_manager {

void ready() {
    sd_notify(0, "READY=1");
}

void stopping() {
    sd_notify(0, "STOPPING=1");
}

}  // namespace valhalla::service_manager
