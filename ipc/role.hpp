// SPDX-License-Identifier: Apache-2.0
//
// Roles, ordered: each may do what the ones before it may.
#pragma once

#include <cstdint>
#include <string_view>

namespace valhalla::ipc {

enum class role : std::uint8_t { none = 0, viewer = 1, operator_ = 2, owner = 3 };

[[nodiscard]] constexpr std::string_view to_text(role r) noexcept {
    switch (r) {
        case role::none: return "none";
        case role::viewer: return "viewer";
        case role::operator_: return "operator";
        case role::owner: return "owner";
    }
    return "none";
}

}  // namespace valhalla::ipc
