// SPDX-License-Identifier: Apache-2.0
#include "schema/model/vocabulary.hpp"

#include <array>
#include <cstddef>

namespace valhalla {

namespace {

// Indexed by the enumerators' values.
constexpr std::array<std::string_view, 4> band_letters{"A", "B", "C", "D"};
constexpr std::array<std::string_view, 4> band_names{"expansion", "caution", "stabilize", "survival"};
constexpr std::array<std::string_view, 3> level_names{"green", "yellow", "red"};
constexpr std::array<std::string_view, 4> reason_names{"ended", "superseded", "by_owner", "imported"};
constexpr std::array<std::string_view, 4> role_names{"none", "viewer", "operator", "owner"};

template <class Enum, std::size_t Size>
std::optional<Enum> find_in(const std::array<std::string_view, Size>& names, std::string_view text) noexcept {
    for (std::size_t i = 0; i < Size; ++i) {
        if (names[i] == text) {
            return static_cast<Enum>(i);
        }
    }
    return std::nullopt;
}

template <class Enum, std::size_t Size>
std::string_view name_in(const std::array<std::string_view, Size>& names, Enum e) noexcept {
    return names[static_cast<std::size_t>(e)];
}

}  // namespace

std::string_view band_letter(band b) noexcept {
    return name_in(band_letters, b);
}
std::string_view band_name(band b) noexcept {
    return name_in(band_names, b);
}
std::optional<band> parse_band(std::string_view letter) noexcept {
    return find_in<band>(band_letters, letter);
}

std::string_view to_text(health_level level) noexcept {
    return name_in(level_names, level);
}
std::optional<health_level> parse_health_level(std::string_view text) noexcept {
    return find_in<health_level>(level_names, text);
}

std::string_view to_text(end_reason reason) noexcept {
    return name_in(reason_names, reason);
}
std::optional<end_reason> parse_end_reason(std::string_view text) noexcept {
    return find_in<end_reason>(reason_names, text);
}

std::string_view to_text(access_role role) noexcept {
    return name_in(role_names, role);
}
std::optional<access_role> parse_access_role(std::string_view text) noexcept {
    return find_in<access_role>(role_names, text);
}

}  // namespace valhalla
