// SPDX-License-Identifier: Apache-2.0
#include "ipc/peer.hpp"

#include <cerrno>
#include <cstddef>
#include <sys/socket.h>
#include <sys/types.h>

namespace valhalla::ipc {

std::optional<credentials> credentials_of(int socket) noexcept {
    ucred of_peer{};
    socklen_t size = sizeof of_peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &of_peer, &size) != 0 || size != sizeof of_peer) {
        return std::nullopt;
    }
    return credentials{of_peer.uid, of_peer.gid};
}

std::vector<std::uint32_t> process_groups_of(int socket) {
    static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
    constexpr std::size_t usual_groups = 64;
    std::vector<std::uint32_t> groups(usual_groups);
    while (true) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        const bool there = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0;
        const std::size_t count = size / sizeof(gid_t);
        if (there) {
            groups.resize(count);
            return groups;
        }
        if (errno != ERANGE || count <= groups.size()) {
            return {};
        }
        groups.resize(count);  // as many as the kernel says there are
    }
}

}  // namespace valhalla::ipc
