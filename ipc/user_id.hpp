// SPDX-License-Identifier: Apache-2.0
//
// Whose shares and rates something counts towards: a local user, or the holder of a key. The two never have the same
// number, so a key takes nothing from the user that its text comes from, nor the other way round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace valhalla::ipc {

class user_id {
  public:
    constexpr user_id() noexcept = default;
    /// Every uid is a user.
    constexpr user_id(std::uint32_t uid) noexcept : number_{uid} {}  // NOLINT(google-explicit-constructor)
    /// `digest` tells the holder of a key apart from all others; its highest bit does not count.
    [[nodiscard]] static constexpr user_id of_key_holder(std::uint64_t digest) noexcept {
        user_id id;
        id.number_ = digest | key_holders;
        return id;
    }

    [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }
    friend constexpr bool operator==(user_id, user_id) noexcept = default;

  private:
    static constexpr std::uint64_t key_holders = std::uint64_t{1} << 63U;  // far beyond every uid
    std::uint64_t number_ = 0;
};

}  // namespace valhalla::ipc

template <>
struct std::hash<valhalla::ipc::user_id> {
    std::size_t operator()(valhalla::ipc::user_id id) const noexcept { return std::hash<std::uint64_t>{}(id.number()); }
};
