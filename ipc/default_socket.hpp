// SPDX-License-Identifier: Apache-2.0
//
// Where the socket is when nobody says.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace valhalla::ipc {

inline constexpr std::string_view service_socket_path = "/run/valhalla/valhallad.sock";
/// `$XDG_RUNTIME_DIR/valhalla/valhallad.sock`, or `/tmp/valhalla-<uid>/valhallad.sock` where that is not set or
/// is not a directory of the current user.
[[nodiscard]] std::string development_socket_path();
/// What stands against `directory` when only the current user and root shall be able to change what lies in it: the end
/// of a sentence that begins with its path. Nothing when it is good, or not there.
[[nodiscard]] std::optional<std::string> objection_to_directory(const std::string& directory);
/// Whoever comes first can make the directory below /tmp. A sentence that says what is wrong with it and what to do;
/// nothing where it is good, not there, or where `directory` is another one.
[[nodiscard]] std::optional<std::string> objection_to_fallback(const std::string& directory);

/// Somebody else could listen at the development socket.
class untrusted_directory : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
/// `$VALHALLA_SOCKET`, else the service's socket when it exists, else the development socket of the current user.
/// Throws `untrusted_directory`.
[[nodiscard]] std::string default_socket_path();

}  // namespace valhalla::ipc
