// SPDX-License-Identifier: Apache-2.0
//
// What systemd is told. Without systemd nothing happens.
#pragma once

namespace valhalla::service_manager {

void ready();
void stopping();

}  // namespace valhalla::service_manager
