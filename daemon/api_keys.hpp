// SPDX-License-Identifier: Apache-2.0
//
// Keys, with which somebody comes who is no user of this system, over HTTP above all: how one is drawn, and how its
// text becomes a name and a role. Everything is looked up in the key map of the published state, so a key that is
// revoked is gone as soon as the answer to `key.revoke` is.
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

#include "ipc/call.hpp"
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

/// Nothing when `text` is no key, or one that is unknown, revoked or expired at `now`: which of them, a stranger is not
/// to know. It takes as long for a wrong secret as for a right one, and for an id that does not exist.
[[nodiscard]] std::optional<ipc::key_identity> identify(const key_map& keys, std::string_view text, span_point now);
/// That the key of this id gives at `now`; none when it is unknown, was revoked or has expired.
[[nodiscard]] ipc::role role_of_key(const key_map& keys, std::string_view id, span_point now);
/// Whether anybody could come with a key at `now`.
[[nodiscard]] bool any_valid_key(const key_map& keys, span_point now);
/// Who holds the keys of this name: they share what one user may take, so that two keys are no more than one.
[[nodiscard]] ipc::user_id holder_of_keys(std::string_view name);

}  // namespace valhalla
