// SPDX-License-Identifier: Apache-2.0
//
// Who may do what, as far as the trail decides it: operators that are locked, and the keys of programs that come over
// HTTP. Roles of local users are configuration and not stored.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "schema/model/time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

struct operator_lock {
    std::string operator_name;
    std::string reason;
    unix_micros since{};
    std::optional<unix_micros> until;  ///< from then on it holds no more; absent: until it is taken away
    std::string locked_by;             ///< name of the actor

    [[nodiscard]] bool holds_at(unix_micros now) const noexcept { return !until || now < *until; }
    friend bool operator==(const operator_lock&, const operator_lock&) = default;
};

/// By operator. One that has run out stays until the next lock of anybody is recorded.
using lock_map = std::map<std::string, operator_lock, std::less<>>;

/// A secret of 256 random bits that stands for a name and a role; the secret itself is nowhere.
struct api_key {
    std::string id;    ///< 12 lower-case hex digits, at random: part of the key's text, and no secret
    std::string name;  ///< who acts with it. Several keys may have the same, so that one can follow the other.
    access_role role{};
    std::string hash;  ///< SHA-256 of the key's text, 64 lower-case hex digits
    unix_micros created_at{};
    std::string created_by;  ///< name of the actor
    std::optional<unix_micros> expires_at;

    [[nodiscard]] bool valid_at(unix_micros now) const noexcept { return !expires_at || now < *expires_at; }
    friend bool operator==(const api_key&, const api_key&) = default;
};

/// By id. One that has expired stays until it is revoked, so that its owner can see why it no longer works.
using key_map = std::map<std::string, api_key, std::less<>>;

}  // namespace valhalla
