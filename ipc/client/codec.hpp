// SPDX-License-Identifier: Apache-2.0
//
// Between JSON and the structs of <valhalla/methods.hpp>; what the generated code is made of. Members that a struct
// does not know are passed over: a newer daemon may say more. What is missing or of another type is an `answer_error`
// that names the way to it, like `items.3.id`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <valhalla/error.hpp>
#include <valhalla/method.hpp>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla::detail {

[[nodiscard]] std::string time_text(utc_time at);

// Values that are no structs. The readers throw `answer_error` without a way.
[[nodiscard]] const boost::json::object& object_in(const boost::json::value& from);
[[nodiscard]] std::string_view text_in(const boost::json::value& from);
[[nodiscard]] utc_time time_in(const boost::json::value& from);
/// Throws std::invalid_argument when `word` is empty.
[[nodiscard]] boost::json::value word_out(std::string_view word);
/// Throws an `answer_error` whose way begins with `step`.
[[noreturn]] void throw_behind(std::string_view step, const answer_error& inner);
[[noreturn]] void throw_missing(std::string_view name);

/// One kind of value; structs and words have `encode` and `decode` beside them.
template <class T>
struct codec {
    static boost::json::value out(const T& from) { return encode(from); }
    static void in(const boost::json::value& from, T& into) { decode(from, into); }
};
template <>
struct codec<std::string> {
    static boost::json::value out(const std::string& from) { return boost::json::value(boost::json::string{from}); }
    static void in(const boost::json::value& from, std::string& into) { into = text_in(from); }
};
template <>
struct codec<std::int64_t> {
    static boost::json::value out(std::int64_t from) { return boost::json::value(from); }
    static void in(const boost::json::value& from, std::int64_t& into);
};
template <>
struct codec<double> {
    static boost::json::value out(double from) { return boost::json::value(from); }
    static void in(const boost::json::value& from, double& into);
};
template <>
struct codec<bool> {
    static boost::json::value out(bool from) { return boost::json::value(from); }
    static void in(const boost::json::value& from, bool& into);
};
template <>
struct codec<utc_time> {
    static boost::json::value out(utc_time from) { return boost::json::value(boost::json::string{time_text(from)}); }
    static void in(const boost::json::value& from, utc_time& into) { into = time_in(from); }
};
template <>
struct codec<boost::json::object> {
    static boost::json::value out(const boost::json::object& from) { return boost::json::value(from); }
    static void in(const boost::json::value& from, boost::json::object& into) { into = object_in(from); }
};

template <class T>
struct codec<std::vector<T>> {
    static boost::json::value out(const std::vector<T>& from) {
        boost::json::array all;
        for (const auto& each : from) {
            all.push_back(codec<T>::out(each));
        }
        return boost::json::value(std::move(all));
    }
    static void in(const boost::json::value& from, std::vector<T>& into) {
        const auto* const all = from.if_array();
        if (all == nullptr) {
            throw answer_error{"is no array"};
        }
        into.clear();
        for (const auto& each : *all) {
            try {
                codec<T>::in(each, into.emplace_back());
            } catch (const answer_error& wrong) {
                throw_behind(std::to_string(into.size() - 1), wrong);
            }
        }
    }
};

template <class T>
struct codec<std::map<std::string, T>> {
    static boost::json::value out(const std::map<std::string, T>& from) {
        boost::json::object all;
        for (const auto& [key, each] : from) {
            all.emplace(key, codec<T>::out(each));
        }
        return boost::json::value(std::move(all));
    }
    static void in(const boost::json::value& from, std::map<std::string, T>& into) {
        into.clear();
        for (const auto& [key, each] : object_in(from)) {
            const std::string name{key.data(), key.size()};
            try {
                codec<T>::in(each, into[name]);
            } catch (const answer_error& wrong) {
                throw_behind(name, wrong);
            }
        }
    }
};

template <class T>
void put(boost::json::object& into, std::string_view name, const T& from) {
    into.emplace(name, codec<T>::out(from));
}
template <class T>
void put(boost::json::object& into, std::string_view name, const std::optional<T>& from) {
    if (from) {
        put(into, name, *from);
    }
}
template <class T>
void put_or_null(boost::json::object& into, std::string_view name, const std::optional<T>& from) {
    into.emplace(name, from ? codec<T>::out(*from) : boost::json::value{});
}

template <class T>
void take_value(const boost::json::value& from, std::string_view name, T& into) {
    try {
        codec<T>::in(from, into);
    } catch (const answer_error& wrong) {
        throw_behind(name, wrong);
    }
}
template <class T>
void take_value(const boost::json::value& from, std::string_view name, std::optional<T>& into) {
    if (from.is_null()) {
        into.reset();
    } else {
        take_value(from, name, into.emplace());
    }
}
template <class T>
void take(const boost::json::object& from, std::string_view name, T& into) {
    const auto* const member = from.if_contains(name);
    if (member == nullptr) {
        throw_missing(name);
    }
    take_value(*member, name, into);
}
template <class T>
void take_if(const boost::json::object& from, std::string_view name, std::optional<T>& into) {
    if (const auto* const member = from.if_contains(name)) {
        take_value(*member, name, into);
    } else {
        into.reset();
    }
}

}  // namespace valhalla::detail
