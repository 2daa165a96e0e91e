// SPDX-License-Identifier: Apache-2.0
//
// Keys of programs that come over HTTP: how one is drawn, and how its text becomes a name and a role.
//
//   vhk_ 3f0c9a51b2e7 _ 9b1d…(64 hex digits)
//    |        |             '- the secret: 256 random bits
//    |        '- the id: finds the key, and tells which one to revoke when its text turns up somewhere
//    '- the same in every key, for programs that look for secrets in places where they should not be
//
// Only the SHA-256 of the whole text is kept. A slow hash is for passwords, which people choose and others can try out;
// 256 random bits cannot be tried out however fast the hash is, and every request pays for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipc/role.hpp"
#include "schema/model/access.hpp"

namespace valhalla {

inline constexpr std::string_view key_prefix = "vhk_";

/// A new key. Whoever holds one wipes its text when it has been handed over.
struct drawn_key {
    std::string id;
    std::string text;
    std::string hash;  ///< of the text, hex
};

/// Any thread. Throws `std::runtime_error` when the system gives no randomness.
[[nodiscard]] drawn_key draw_key();
/// Overwrites the text, so that it does not lie about in memory that is used again.
void wipe(std::string& text) noexcept;

/// Who comes with a key.
struct key_identity {
    std::string id;
    std::string name;
    ipc::role granted = ipc::role::none;
};

/// Nothing when `text` is no key, or one that is unknown, revoked or expired at `now`: which of them, a stranger is not
/// to know. It takes as long for a wrong secret as for a right one, and for an id that does not exist.
[[nodiscard]] std::optional<key_identity> identify(const key_map& keys, std::string_view text, unix_micros now);

}  // namespace valhalla
