// SPDX-License-Identifier: Apache-2.0
//
// Where the socket is when nobody says.
#pragma once

#include <string>
#include <string_view>

namespace valhalla::ipc {

inline constexpr std::string_view service_socket_path = "/run/valhalla/valhallad.sock";
/// `$XDG_RUNTIME_DIR/valhalla/valhallad.sock`, or `/tmp/valhalla-<uid>/valhallad.sock` where that is not set.
[[nodiscard]] std::string development_socket_path();
/// `$VALHALLA_SOCKET`, else the service's socket when it exists, else the development socket of the current user.
[[nodiscard]] std::string default_socket_path();

}  // namespace valhalla::ipc
