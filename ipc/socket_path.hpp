// SPDX-License-Identifier: Apache-2.0
//
// A path socket on its way from nothing to listening, and away again.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

namespace valhalla::ipc {

/// A bound and listening socket's path. Whoever has it unlinks it with `release_socket_path`.
struct bound_path {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
};

struct listening_socket {
    int descriptor = -1;  ///< non-blocking, close-on-exec; the caller's to close
    bound_path where;
};

/// Throws `listen_error` when no socket can be made at `path`: it is too long, its directory is missing, or something
/// that is not a socket lies there. Changes nothing.
void require_place(const std::string& path);

/// Throws `listen_error` (ipc/unix_server.hpp): path too long, directory missing, something that is no socket in the
/// way, a process that listens there already.
[[nodiscard]] listening_socket listen_on_path(const std::string& path, std::optional<gid_t> group, int backlog);

/// Unlinks the path if it is still the socket that was bound.
void release_socket_path(const bound_path& where) noexcept;

}  // namespace valhalla::ipc
