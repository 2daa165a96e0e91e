// SPDX-License-Identifier: Apache-2.0
//
// Strong types for the numbers that name stored things. An `enum class` costs nothing, compares, and never
// turns into another id by accident.
#pragma once

#include <cstdint>
#include <type_traits>

namespace valhalla {

/// Number of a work session, counted from 1 in order of start. Never reused.
enum class session_id : std::int64_t {};

/// Number of an audit record, counted from 1 without gaps. Leaf index in the tree = seq - 1.
enum class audit_seq : std::int64_t {};

template <class Id>
    requires std::is_enum_v<Id>
[[nodiscard]] constexpr std::int64_t raw(Id id) noexcept {
    return static_cast<std::int64_t>(id);
}

template <class Id>
    requires std::is_enum_v<Id>
[[nodiscard]] constexpr Id next(Id id) noexcept {
    return static_cast<Id>(raw(id) + 1);
}

}  // namespace valhalla
