// SPDX-License-Identifier: Apache-2.0
//
// Who is at the other end of a Unix socket. The kernel's word for uid and gid as of connect(); process ids are not
// used, for they are given anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ipc/role.hpp"

namespace valhalla::ipc {

struct credentials {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// The uid that stands for "none that is known in this user namespace". It may be anybody, so it is nobody.
inline constexpr std::uint32_t unmapped_uid = 65'534;

/// Who a user is, and what they may do.
struct identity {
    std::string name;  ///< of the user database, or `uid:1234` where it knows none
    role granted = role::none;
    friend bool operator==(const identity&, const identity&) = default;
};

/// The daemon's knowledge of users. I/O thread.
struct identity_source {
    /// Of the peer behind `socket`; nothing when it has to be looked up first.
    std::function<std::optional<identity>(int socket, const credentials& of)> known;
    using answer = std::function<void(const std::optional<identity>&)>;
    /// Calls `done` once, later, with nothing when it cannot be found out now. May be empty where all are known.
    std::function<void(int socket, const credentials& of, answer done)> look_up{};
};

/// Nothing when the kernel does not say.
[[nodiscard]] std::optional<credentials> credentials_of(int socket) noexcept;

/// The supplementary groups of the process at the other end, as of connect() (SO_PEERGROUPS). Empty when the kernel
/// does not say.
[[nodiscard]] std::vector<std::uint32_t> process_groups_of(int socket);

}  // namespace valhalla::ipc
