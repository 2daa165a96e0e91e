// SPDX-License-Identifier: Apache-2.0
//
// The closed word lists of the governance core: bands, health levels, end reasons. Enumerators carry explicit
// values because they are stored; their names are what travels in JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace valhalla {

/// The cone: how much the organisation may dare. A is the widest, D the narrowest.
enum class band : std::uint8_t { expansion = 0, caution = 1, stabilize = 2, survival = 3 };

/// Health, worst last: `std::max` of two levels is the worse one.
enum class health_level : std::uint8_t { green = 0, yellow = 1, red = 2 };

/// Why a session is over.
enum class end_reason : std::uint8_t {
    ended = 0,       ///< by its operator
    superseded = 1,  ///< its operator started another one with `if_active: supersede`
    by_owner = 2,    ///< an owner ended another operator's session
    imported = 3,    ///< came in already ended from the files of another program
};

/// What somebody may do, each what the ones before it may.
enum class access_role : std::uint8_t { none = 0, viewer = 1, operator_ = 2, owner = 3 };

/// "A" … "D".
[[nodiscard]] std::string_view band_letter(band b) noexcept;
/// "expansion" … "survival".
[[nodiscard]] std::string_view band_name(band b) noexcept;
[[nodiscard]] std::optional<band> parse_band(std::string_view letter) noexcept;

/// "green", "yellow", "red".
[[nodiscard]] std::string_view to_text(health_level level) noexcept;
[[nodiscard]] std::optional<health_level> parse_health_level(std::string_view text) noexcept;

/// "ended", "superseded", "by_owner", "imported".
[[nodiscard]] std::string_view to_text(end_reason reason) noexcept;
[[nodiscard]] std::optional<end_reason> parse_end_reason(std::string_view text) noexcept;

/// "none", "viewer", "operator", "owner".
[[nodiscard]] std::string_view to_text(access_role role) noexcept;
[[nodiscard]] std::optional<access_role> parse_access_role(std::string_view text) noexcept;

}  // namespace valhalla
