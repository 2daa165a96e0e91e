// SPDX-License-Identifier: Apache-2.0
//
// The socket that systemd opened for the daemon.
#pragma once

#include <optional>
#include <string>

namespace valhalla {

/// A listening Unix socket. Whoever made it owns its path; the descriptor is the taker's to close.
struct inherited_socket {
    int descriptor = -1;  ///< close-on-exec
    std::string path;
};

/// What a socket unit listens on for us; nothing when we were started without one. Takes it: a second call finds none.
/// Throws `start_failure` when it is anything but one listening path socket.
[[nodiscard]] std::optional<inherited_socket> take_listening_socket();

}  // namespace valhalla
