// SPDX-License-Identifier: Apache-2.0
//
// What a method is. A method is a type that has no objects: it carries its name, what it does, what it needs, and the
// struct and fields of its parameters. The list of all of them is in ipc/api/methods.hpp.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ipc/call.hpp"
#include "ipc/params.hpp"

namespace valhalla::ipc {

template <class M>
concept method = std::default_initializable<typename M::params> && requires {
    { M::name } -> std::convertible_to<std::string_view>;
    { M::summary } -> std::convertible_to<std::string_view>;
    { M::kind } -> std::convertible_to<effect>;
    { M::needs } -> std::convertible_to<role>;
    std::tuple_size<std::remove_cvref_t<decltype(M::fields)>>::value;
};

/// The whole API is one of these.
template <method... M>
struct method_list {
    static constexpr std::size_t size = sizeof...(M);
};

/// The same as values, for whoever describes or looks up methods at run time.
struct parameter_info {
    std::string_view name;
    std::string_view meaning;
    bool required = false;
    std::string schema;  ///< a JSON Schema, as JSON
};
struct method_info {
    std::string_view name;
    std::string_view summary;
    effect kind{};
    role needs{};
    std::vector<parameter_info> parameters;
};

template <method M>
[[nodiscard]] method_info describe() {
    method_info info{M::name, M::summary, M::kind, M::needs, {}};
    [[maybe_unused]] const auto add = [&info](const auto& field) {
        std::string schema = "{";
        field.rules.schema(schema);
        schema += '}';
        info.parameters.push_back({field.name, field.meaning, field.required, std::move(schema)});
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, M::fields);
    return info;
}

/// Every method of the API, in the order of the list.
[[nodiscard]] std::vector<method_info> describe_api();

}  // namespace valhalla::ipc
