// SPDX-License-Identifier: Apache-2.0
//
// Where the daemon is, how long to wait for it, and how often to try again.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace valhalla {

/// `$VALHALLA_SOCKET`, else the service's socket when it exists, else the development socket of the current user.
/// Throws `connection_error` where that would be below /tmp, in a directory that another user could have made.
[[nodiscard]] std::string default_socket_path();

struct client_options {
    /// Path of the daemon's socket, at most 107 bytes. Empty: `default_socket_path()`.
    std::string socket;
    /// Of one call: from its beginning to its answer, all attempts and pauses included.
    std::chrono::milliseconds timeout = std::chrono::seconds{30};
    /// After a lost connection, a call that may be repeated is sent again up to so many times, on a new connection.
    /// 0: a lost connection stays lost.
    unsigned retries = 8;
    /// Before the second attempt; each further pause is twice as long …
    std::chrono::milliseconds first_pause{50};
    /// … but never longer than this.
    std::chrono::milliseconds longest_pause = std::chrono::seconds{2};
    /// Of a blocking client: a descriptor that ends every wait for an answer when it can be read, as if the daemon had
    /// gone away for ever. Below zero: nothing does. It must outlive the client.
    int interrupt = -1;
};

}  // namespace valhalla
