// SPDX-License-Identifier: Apache-2.0
//
// Who is at the other end of a Unix socket. The kernel's word for uid and gid as of connect(); process ids are not
// used, for they are given anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

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

/// Of the system's user database; nothing when it knows none, does not answer, or the name is no text.
[[nodiscard]] std::optional<std::string> system_user_name(std::uint32_t uid);

/// Names of users, each asked of the system once in a while. That there is none is not kept: a database that did not
/// answer may the next time, and then who is locked by name must not come as somebody else. One thread.
class user_names {
  public:
    using clock = std::chrono::steady_clock;
    using source = std::function<std::optional<std::string>(std::uint32_t uid)>;
    explicit user_names(source ask = system_user_name, clock::duration keep = std::chrono::minutes{1})
        : ask_{std::move(ask)}, keep_{keep} {}

    /// The user's name, or `uid:1234` where the system knows none. Lives until the next call.
    [[nodiscard]] const std::string& of(std::uint32_t uid);

  private:
    struct kept_name {
        std::string name;
        clock::time_point until;
    };
    source ask_;
    clock::duration keep_;
    std::unordered_map<std::uint32_t, kept_name> known_;
};

}  // namespace valhalla::ipc
