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

#include "schema/model/span_time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

struct operator_lock {
    std::string operator_name;
    std::string reason;
    unix_micros since{};
    std::optional<unix_micros> until;  ///< as recorded; absent: until it is taken away
    std::string locked_by;             ///< name of the actor
    span_mark runs_out{};              ///< from then on it holds no more; absent as `until` is

    [[nodiscard]] bool holds_at(span_point now) const noexcept { return !runs_out.at || now < *runs_out.at; }
    /// By the times of the records alone, which a clock that was set may have put apart from the above.
    [[nodiscard]] bool recorded_as_holding_at(unix_micros ts) const noexcept { return !until || ts < *until; }
    friend bool operator==(const operator_lock&, const operator_lock&) = default;
};

/// By operator. One that has run out by the time of the records stays until the next lock of anybody is recorded.
using lock_map = std::map<std::string, operator_lock, std::less<>>;

/// A secret of 256 random bits that stands for a name and a role; the secret itself is nowhere.
struct api_key {
    std::string id;    ///< 12 lower-case hex digits, at random: part of the key's text, and no secret
    std::string name;  ///< who acts with it. Several keys may have the same, so that one can follow the other.
    access_role role{};
    std::string hash;  ///< SHA-256 of the key's text, 64 lower-case hex digits
    unix_micros created_at{};
    std::string created_by;                 ///< name of the actor
    std::optional<unix_micros> expires_at;  ///< as recorded
    span_mark runs_out{};                   ///< from then on it is not valid; absent as `expires_at` is

    [[nodiscard]] bool valid_at(span_point now) const noexcept { return !runs_out.at || now < *runs_out.at; }
    friend bool operator==(const api_key&, const api_key&) = default;
};

/// By id. One that has expired stays until it is revoked, so that its owner can see why it no longer works.
using key_map = std::map<std::string, api_key, std::less<>>;

}  // namespace valhalla
