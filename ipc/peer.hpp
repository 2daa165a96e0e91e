// SPDX-License-Identifier: Apache-2.0
//
// Who is at the other end of a Unix socket. The kernel's word for uid and gid as of connect(); process ids are not
// used, for they are given anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "ipc/role.hpp"

namespace valhalla::ipc {

struct credentials {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// The uid that stands for "none that is known in this user namespace". It may be anybody, so it is nobody.
inline constexpr std::uint32_t unmapped_uid = 65'534;

/// The daemon's decision about a uid and gid.
using access_policy = std::function<role(std::uint32_t uid, std::uint32_t gid)>;

/// Nothing when the kernel does not say.
[[nodiscard]] std::optional<credentials> credentials_of(int socket) noexcept;

/// Names of users, asked of the system once per uid. One thread.
class user_names {
  public:
    /// The user's name, or `uid:1234` where the system knows none.
    [[nodiscard]] const std::string& of(std::uint32_t uid);

  private:
    std::unordered_map<std::uint32_t, std::string> known_;
};

}  // namespace valhalla::ipc
