// SPDX-License-Identifier: Apache-2.0
//
// Typed parameters. A method has a plain struct and, beside it, a constexpr tuple of fields; each field binds a name to
// a member, with its bounds and its documentation, once. From the tuple come the validation of requests and the JSON
// Schema that describes them.
//
//   struct params { std::string text; std::int64_t limit = 100; };
//   static constexpr auto fields = std::tuple{
//       text("text", &params::text, {.min_bytes = 1, .max_bytes = 16'384}, "What to remember."),
//       defaulted(integer("limit", &params::limit, {.minimum = 1, .maximum = 1'000}, "Most items in the answer.")),
//   };
//
// A member that is a `std::optional` is an optional parameter; `defaulted` makes one of a member that has an
// initialiser. For both `null` means the same as leaving it out. The structs own what they hold: copy or move them
// into whatever thread needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ipc/errors.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/limits.hpp"
#include "ipc/wire_time.hpp"

namespace valhalla::ipc {

/// Texts never contain NUL, whatever their rules.
struct text_rules {
    std::size_t min_bytes = 0;
    std::size_t max_bytes = 0;
    /// A further condition, and how a sentence goes on that names it: "must be …".
    bool (*form)(std::string_view) = nullptr;
    std::string_view form_words = "";
};
struct integer_rules {
    std::int64_t minimum = 0;
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};
struct real_rules {
    double minimum = 0;
    double maximum = 0;
};
struct object_rules {
    std::size_t max_bytes = 0;  ///< of the object without whitespace between its tokens
};
struct list_rules {
    std::size_t max_items = 0;
    text_rules item;
};

/// Words of an enumeration whose enumerators count from 0 in the same order.
using word_list = std::span<const std::string_view>;

/// What every method that does something takes beside its own parameters: a retry with the same key and the same
/// request is answered as the first one was.
inline constexpr std::string_view request_key_name = "request_key";
inline constexpr text_rules request_key_rules{.min_bytes = 1, .max_bytes = max_request_key_bytes};
inline constexpr std::string_view request_key_meaning =
    "Chosen by the caller, new for each new request: a retry with the same key and the same request changes nothing "
    "more and gets the first answer.";

// One function per kind of value: true and `out` set, or false and `error` set. They name the parameter, say what was
// expected and what came.
bool read_text(std::string_view name, const json_value& v, const text_rules& rules, std::string& out, rpc_error& error);
bool read_integer(std::string_view name, const json_value& v, const integer_rules& rules, std::int64_t& out,
                  rpc_error& error);
bool read_real(std::string_view name, const json_value& v, const real_rules& rules, double& out, rpc_error& error);
bool read_flag(std::string_view name, const json_value& v, bool& out, rpc_error& error);
bool read_word(std::string_view name, const json_value& v, word_list words, std::size_t& index, rpc_error& error);
bool read_time(std::string_view name, const json_value& v, wire_time& out, rpc_error& error);
bool read_object(std::string_view name, const json_value& v, const object_rules& rules, std::string& out,
                 rpc_error& error);
bool read_list(std::string_view name, const json_value& v, const list_rules& rules, std::vector<std::string>& out,
               rpc_error& error);

// The members of a JSON Schema for the kind, without braces.
void append_schema(std::string& out, const text_rules& rules);
void append_schema(std::string& out, const integer_rules& rules);
void append_schema(std::string& out, const real_rules& rules);
void append_schema(std::string& out, word_list words);
void append_schema(std::string& out, const object_rules& rules);
void append_schema(std::string& out, const list_rules& rules);
void append_flag_schema(std::string& out);
void append_time_schema(std::string& out);

// The same in words, e.g. "an integer from 1 to 1000".
void append_words(std::string& out, const text_rules& rules);
void append_words(std::string& out, const integer_rules& rules);
void append_words(std::string& out, const real_rules& rules);
void append_words(std::string& out, word_list words);
void append_words(std::string& out, const object_rules& rules);
void append_words(std::string& out, const list_rules& rules);

// A value as JSON.
void append_value(std::string& out, std::string_view text);
void append_value(std::string& out, std::int64_t number);
void append_value(std::string& out, double number);
void append_value(std::string& out, bool flag);

/// Sets `error` to `invalid_params` with this message and the parameter's name, and returns false.
bool refuse_parameter(rpc_error& error, std::string_view name, std::string message);
void fail_unknown_parameter(rpc_error& error, std::string_view name, std::span<const std::string_view> known);
void fail_missing_parameter(rpc_error& error, std::string_view name);
/// What a reader found in text that should have been checked before.
void fail_malformed(rpc_error& error, const json_reader& in);

namespace detail {

template <class T>
struct value_of {
    using type = T;
    static constexpr bool optional = false;
    static T& place(T& member) { return member; }
};
template <class T>
struct value_of<std::optional<T>> {
    using type = T;
    static constexpr bool optional = true;
    static T& place(std::optional<T>& member) { return member.emplace(); }
};

/// What all fields have: a name, a member, a meaning. `Rules` has `read` and `schema` for the member's type.
template <class Rules, class Params, class Member>
struct field {
    using params_type = Params;
    std::string_view name;
    Member Params::* where;
    Rules rules;
    std::string_view meaning;
    bool required = !value_of<Member>::optional;
    static constexpr bool optional = value_of<Member>::optional;

    bool read(const json_value& v, Params& out, rpc_error& error) const {
        if (v.kind == json_kind::null && !required) {
            return true;
        }
        return rules.read(name, v, value_of<Member>::place(out.*where), error);
    }
};

template <class Member, class Expected>
concept holds = std::is_same_v<typename value_of<Member>::type, Expected>;

struct text_kind {
    text_rules rules;
    bool read(std::string_view name, const json_value& v, std::string& out, rpc_error& e) const {
        return read_text(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
    static void show(std::string& out, const std::string& v) { append_value(out, std::string_view{v}); }
};
struct integer_kind {
    integer_rules rules;
    bool read(std::string_view name, const json_value& v, std::int64_t& out, rpc_error& e) const {
        return read_integer(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
    static void show(std::string& out, std::int64_t v) { append_value(out, v); }
};
struct real_kind {
    real_rules rules;
    bool read(std::string_view name, const json_value& v, double& out, rpc_error& e) const {
        return read_real(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
    static void show(std::string& out, double v) { append_value(out, v); }
};
struct flag_kind {
    bool read(std::string_view name, const json_value& v, bool& out, rpc_error& e) const {
        return read_flag(name, v, out, e);
    }
    void schema(std::string& out) const { append_flag_schema(out); }
    static void describe(std::string& out) { out += "true or false"; }
    static void show(std::string& out, bool v) { append_value(out, v); }
};
struct word_kind {
    word_list words;
    template <class Enum>
    bool read(std::string_view name, const json_value& v, Enum& out, rpc_error& e) const {
        std::size_t index = 0;
        const bool known = read_word(name, v, words, index, e);
        out = static_cast<Enum>(index);
        return known;
    }
    void schema(std::string& out) const { append_schema(out, words); }
    void describe(std::string& out) const { append_words(out, words); }
    template <class Enum>
    void show(std::string& out, Enum v) const {
        append_value(out, words[static_cast<std::size_t>(v)]);
    }
};
struct time_kind {
    bool read(std::string_view name, const json_value& v, wire_time& out, rpc_error& e) const {
        return read_time(name, v, out, e);
    }
    void schema(std::string& out) const { append_time_schema(out); }
    static void describe(std::string& out) { out += "a time like 2026-01-31T12:00:00Z"; }
};
struct object_kind {
    object_rules rules;
    bool read(std::string_view name, const json_value& v, std::string& out, rpc_error& e) const {
        return read_object(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
    static void show(std::string& out, const std::string& json) { out += json; }
};
struct list_kind {
    list_rules rules;
    bool read(std::string_view name, const json_value& v, std::vector<std::string>& out, rpc_error& e) const {
        return read_list(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
};

}  // namespace detail

/// A string.
template <class P, class M>
    requires detail::holds<M, std::string>
constexpr auto text(std::string_view name, M P::* where, text_rules rules, std::string_view meaning) {
    return detail::field<detail::text_kind, P, M>{name, where, {rules}, meaning};
}
/// A whole number, written as one: `10.0` is refused.
template <class P, class M>
    requires detail::holds<M, std::int64_t>
constexpr auto integer(std::string_view name, M P::* where, integer_rules rules, std::string_view meaning) {
    return detail::field<detail::integer_kind, P, M>{name, where, {rules}, meaning};
}
/// Any number.
template <class P, class M>
    requires detail::holds<M, double>
constexpr auto real(std::string_view name, M P::* where, real_rules rules, std::string_view meaning) {
    return detail::field<detail::real_kind, P, M>{name, where, {rules}, meaning};
}
template <class P, class M>
    requires detail::holds<M, bool>
constexpr auto flag(std::string_view name, M P::* where, std::string_view meaning) {
    return detail::field<detail::flag_kind, P, M>{name, where, {}, meaning};
}
/// A string out of `words`, which have static storage; the member is an enumeration that counts from 0 in their order.
template <class P, class M>
    requires std::is_enum_v<typename detail::value_of<M>::type>
constexpr auto word(std::string_view name, M P::* where, word_list words, std::string_view meaning) {
    return detail::field<detail::word_kind, P, M>{name, where, {words}, meaning};
}
/// `YYYY-MM-DDTHH:MM:SS[.f{1,6}](Z|+00:00)`.
template <class P, class M>
    requires detail::holds<M, wire_time>
constexpr auto time(std::string_view name, M P::* where, std::string_view meaning) {
    return detail::field<detail::time_kind, P, M>{name, where, {}, meaning};
}
/// A JSON object kept as text, without whitespace between its tokens: its numbers keep their digits.
template <class P, class M>
    requires detail::holds<M, std::string>
constexpr auto object(std::string_view name, M P::* where, object_rules rules, std::string_view meaning) {
    return detail::field<detail::object_kind, P, M>{name, where, {rules}, meaning};
}
/// An array of strings.
template <class P, class M>
    requires detail::holds<M, std::vector<std::string>>
constexpr auto list(std::string_view name, M P::* where, list_rules rules, std::string_view meaning) {
    return detail::field<detail::list_kind, P, M>{name, where, {rules}, meaning};
}
/// The same field, no longer required: without it the member keeps its initialiser.
template <class Field>
constexpr Field defaulted(Field field) {
    field.required = false;
    return field;
}

/// Fills `out` from `raw`, a JSON object, or empty for no parameters. `raw` was read before by a json_reader;
/// `scratch` is free for use. False and `error` set at the first thing that is wrong. `request_key` is where that of a
/// change or task goes; null for what does nothing.
template <class Params, class... Field>
[[nodiscard]] bool read_params(const std::tuple<Field...>& fields, std::string_view raw, json_scratch& scratch,
                               Params& out, rpc_error& error, std::string* request_key = nullptr) {
    static_assert(sizeof...(Field) <= 64);
    std::uint64_t seen = 0;
    const auto read_one = [&](std::string_view key, const json_value& value) {
        bool known = false;
        bool good = true;
        [[maybe_unused]] const auto match = [&](const auto& field, std::size_t index) {
            known = key == field.name;
            if (known) {
                seen |= std::uint64_t{1} << index;
                good = field.read(value, out, error);
            }
            return known;
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            static_cast<void>((match(std::get<I>(fields), I) || ...));
            if (!known && request_key != nullptr && key == request_key_name) {
                known = true;
                good = value.kind == json_kind::null ||
                       read_text(request_key_name, value, request_key_rules, *request_key, error);
            }
            if (!known) {
                fail_unknown_parameter(error, key,
                                       std::initializer_list<std::string_view>{std::get<I>(fields).name...});
            }
        }(std::index_sequence_for<Field...>{});
        return known && good;
    };
    if (!raw.empty() && raw != "{}") {
        json_reader in{raw, scratch};
        json_string key;
        json_value value;
        std::string buffer;
        if (in.enter_object()) {
            while (in.next_key(key) && in.read(value)) {
                if (!read_one(key.text(buffer), value)) {
                    return false;
                }
            }
        }
        if (!in.finish()) {
            fail_malformed(error, in);
            return false;
        }
    }
    [[maybe_unused]] const auto present = [&](const auto& field, std::size_t index) {
        if (field.required && (seen >> index & 1U) == 0) {
            fail_missing_parameter(error, field.name);
            return false;
        }
        return true;
    };
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (present(std::get<I>(fields), I) && ...);
    }(std::index_sequence_for<Field...>{});
}

}  // namespace valhalla::ipc
