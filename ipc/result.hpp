// SPDX-License-Identifier: Apache-2.0
//
// What an answer looks like. A method lists the members of its result, each with its kind and its documentation, once;
// shapes that several answers share are in ipc/api/shapes.hpp. From these lists come the JSON Schemas of rpc.discover,
// which the system tests hold every answer against, and all that a person reads. The daemon does not look at them while
// it answers.
//
//   static constexpr std::array result{
//       integer("seq", id_rules, "The record's number."),
//       nullable(text("note", "The signed checkpoint.")),
//       array_of(of("items", shapes::session, "The page.")),
//   };
//
// Everything here is constexpr with static storage; views and pointers may be kept for ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <tuple>

#include "ipc/params.hpp"

namespace valhalla::ipc {

enum class value_kind : std::uint8_t {
    text = 0,
    integer = 1,
    real = 2,
    flag = 3,
    time = 4,
    word = 5,
    object = 6,  ///< an object whose members are not ours
    shape = 7,
};

/// What lies around the value.
enum class wrapping : std::uint8_t { none = 0, array = 1, map = 2 };

struct member;

/// An object with known members. Those with a name are shared, and described once.
struct shape {
    std::string_view name;
    std::string_view meaning;
    std::span<const member> members;
};

struct member {
    std::string_view name;
    std::string_view meaning;
    value_kind kind{};
    bool required = true;  ///< false: it is left out where it says nothing
    bool nullable = false;
    std::array<wrapping, 2> around{};  ///< outermost first
    integer_rules range{};
    real_rules bounds{.minimum = std::numeric_limits<double>::lowest(), .maximum = std::numeric_limits<double>::max()};
    word_list words{};
    const shape* of = nullptr;
};

namespace detail {
constexpr member plain(std::string_view name, value_kind kind, std::string_view meaning) {
    member out;
    out.name = name;
    out.meaning = meaning;
    out.kind = kind;
    return out;
}
}  // namespace detail

constexpr member text(std::string_view name, std::string_view meaning) {
    return detail::plain(name, value_kind::text, meaning);
}
constexpr member integer(std::string_view name, integer_rules range, std::string_view meaning) {
    member out = detail::plain(name, value_kind::integer, meaning);
    out.range = range;
    return out;
}
/// A count: from 0 up.
constexpr member integer(std::string_view name, std::string_view meaning) {
    return integer(name, integer_rules{}, meaning);
}
constexpr member real(std::string_view name, real_rules bounds, std::string_view meaning) {
    member out = detail::plain(name, value_kind::real, meaning);
    out.bounds = bounds;
    return out;
}
constexpr member flag(std::string_view name, std::string_view meaning) {
    return detail::plain(name, value_kind::flag, meaning);
}
constexpr member time(std::string_view name, std::string_view meaning) {
    return detail::plain(name, value_kind::time, meaning);
}
constexpr member word(std::string_view name, word_list words, std::string_view meaning) {
    member out = detail::plain(name, value_kind::word, meaning);
    out.words = words;
    return out;
}
/// Any JSON object.
constexpr member object(std::string_view name, std::string_view meaning) {
    return detail::plain(name, value_kind::object, meaning);
}
/// An object of a shared shape.
constexpr member of(std::string_view name, const shape& what, std::string_view meaning) {
    member out = detail::plain(name, value_kind::shape, meaning);
    out.of = &what;
    return out;
}

/// An array of what `inner` says.
constexpr member array_of(member inner) {
    inner.around = {wrapping::array, inner.around[0]};
    return inner;
}
/// An object with any keys, whose values are what `inner` says.
constexpr member map_of(member inner) {
    inner.around = {wrapping::map, inner.around[0]};
    return inner;
}
constexpr member nullable(member inner) {
    inner.nullable = true;
    return inner;
}
/// A member that may be missing.
constexpr member sometimes(member inner) {
    inner.required = false;
    return inner;
}

template <std::size_t N, std::size_t M>
constexpr std::array<member, N + M> joined(const std::array<member, N>& first, const std::array<member, M>& second) {
    std::array<member, N + M> out{};
    for (std::size_t i = 0; i < N; ++i) {
        out[i] = first[i];
    }
    for (std::size_t i = 0; i < M; ++i) {
        out[N + i] = second[i];
    }
    return out;
}

/// What can be set comes back under the same names with the same bounds.
template <class P, class M>
constexpr member member_of(const detail::field<detail::integer_kind, P, M>& f) {
    return integer(f.name, f.rules.rules, f.meaning);
}
template <class P, class M>
constexpr member member_of(const detail::field<detail::real_kind, P, M>& f) {
    return real(f.name, f.rules.rules, f.meaning);
}
template <class P, class M>
constexpr member member_of(const detail::field<detail::word_kind, P, M>& f) {
    return word(f.name, f.rules.words, f.meaning);
}
template <class... Field>
constexpr std::array<member, sizeof...(Field)> members_of(const std::tuple<Field...>& fields) {
    return std::apply([](const Field&... f) { return std::array{member_of(f)...}; }, fields);
}

}  // namespace valhalla::ipc
