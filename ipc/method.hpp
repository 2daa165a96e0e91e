// SPDX-License-Identifier: Apache-2.0
//
// What a method is. A method is a type that has no objects: it carries its name, what it does, what it needs, the
// struct and fields of its parameters, the members of its result, the errors of its own, and,
// where there are any, the `notifications` that follow. The list of all of them is
// in ipc/api/methods.hpp.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ipc/call.hpp"
#include "ipc/params.hpp"
#include "ipc/result.hpp"

namespace valhalla::ipc {

/// A method's result is a shared shape, or members of its own.
constexpr const shape& shape_of(const shape& shared) {
    return shared;  // NOLINT(bugprone-return-const-ref-from-parameter): shapes are constants
}
template <std::size_t N>
constexpr shape shape_of(const std::array<member, N>& own) {
    return {.name = {}, .meaning = {}, .members = own};
}

template <class M>
concept method = std::default_initializable<typename M::params> && requires {
    { M::name } -> std::convertible_to<std::string_view>;
    { M::summary } -> std::convertible_to<std::string_view>;
    { M::kind } -> std::convertible_to<effect>;
    { M::needs } -> std::convertible_to<role>;
    std::tuple_size<std::remove_cvref_t<decltype(M::fields)>>::value;
    shape_of(M::result);
    std::span<const error_code>{M::errors};
};

/// The whole API is one of these.
template <method... M>
struct method_list {
    static constexpr std::size_t size = sizeof...(M);
};
/// The list with one more at its end.
template <class List, method Last>
struct with_method;
template <method... M, method Last>
struct with_method<method_list<M...>, Last> {
    using type = method_list<M..., Last>;
};

/// The same as values, for whoever describes or looks up methods at run time.
struct parameter_info {
    std::string_view name;
    std::string_view meaning;
    bool required = false;
    std::string schema;   ///< a JSON Schema, as JSON
    std::string words;    ///< the same for a person, e.g. "an integer from 1 to 1000"
    std::string initial;  ///< what holds without it, as JSON; empty: nothing does
};
/// A call and its answer, as JSON.
struct method_example {
    std::string params;
    std::string result;
};
struct method_info {
    std::string_view name;
    std::string_view summary;
    effect kind{};
    role needs{};
    std::vector<parameter_info> parameters;
    shape result{};
    method_example example{};                ///< only from `describe_api`
    std::span<const shape> notifications{};  ///< what comes without being asked for, after the answer
    std::span<const error_code> errors{};    ///< beside those that `common_errors` gives
    bool rate_of_denials = false;            ///< calls that are denied count towards its rate, and no others
};

template <method M>
[[nodiscard]] method_info describe() {
    method_info info{M::name, M::summary, M::kind, M::needs, {}, shape_of(M::result), {}, {}, M::errors};
    if constexpr (requires { M::notifications; }) {
        info.notifications = M::notifications;
    }
    if constexpr (requires { M::rate_of_denials; }) {
        info.rate_of_denials = M::rate_of_denials;
    }
    [[maybe_unused]] const auto add = [&info](const auto& field) {
        parameter_info one{field.name, field.meaning, field.required, "{", {}, {}};
        field.rules.schema(one.schema);
        field.rules.describe(one.words);
        constexpr bool has_initial = requires { field.rules.show(one.initial, typename M::params{}.*(field.where)); };
        if constexpr (has_initial && !std::remove_cvref_t<decltype(field)>::optional) {
            if (!field.required) {
                field.rules.show(one.initial, typename M::params{}.*(field.where));
                one.schema += R"(,"default":)" + one.initial;
            }
        }
        one.schema += '}';
        info.parameters.push_back(std::move(one));
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, M::fields);
    if constexpr (does_something(M::kind)) {
        parameter_info key{request_key_name, request_key_meaning, false, "{", {}, {}};
        append_schema(key.schema, request_key_rules);
        key.schema += '}';
        append_words(key.words, request_key_rules);
        info.parameters.push_back(std::move(key));
    }
    return info;
}

[[nodiscard]] std::string_view to_text(effect kind) noexcept;

/// Every method of the API, in the order of the list.
[[nodiscard]] std::vector<method_info> describe_api();

/// What every method of that effect can be answered with.
[[nodiscard]] std::span<const error_code> common_errors(effect kind) noexcept;
/// What a line can be answered with that is no call of a method.
[[nodiscard]] std::span<const error_code> line_errors() noexcept;
/// `common_errors` and the method's own.
[[nodiscard]] std::vector<error_code> all_errors(const method_info& of);

}  // namespace valhalla::ipc
