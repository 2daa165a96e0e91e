// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/link.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

const json::value& member(const json::value& from, std::string_view name) {
    static const json::value nothing;
    const auto* object = from.if_object();
    const auto* found = object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
    return found == nullptr ? nothing : *found;
}

const json::array& items(const json::value& from, std::string_view name) {
    static const json::array none;
    const auto* array = member(from, name).if_array();
    return array == nullptr ? none : *array;
}

std::string text_of(const json::value& v) {
    if (const auto* string = v.if_string()) {
        return {string->data(), string->size()};
    }
    if (const auto* number = v.if_double()) {
        return fmt::format("{}", *number);
    }
    return v.is_null() ? std::string{} : json::serialize(v);
}

std::string text(const json::value& from, std::string_view name) {
    return text_of(member(from, name));
}

std::optional<std::int64_t> integer(const json::value& from, std::string_view name) {
    const auto* number = member(from, name).if_int64();
    return number == nullptr ? std::nullopt : std::optional{*number};
}

std::optional<double> real(const json::value& from, std::string_view name) {
    const auto& v = member(from, name);
    if (const auto* number = v.if_double()) {
        return *number;
    }
    return v.is_int64() ? std::optional{static_cast<double>(v.get_int64())} : std::nullopt;
}

bool truth(const json::value& from, std::string_view name) {
    const auto* flag = member(from, name).if_bool();
    return flag != nullptr && *flag;
}

std::string in_one_line(const json::value& v) {
    const auto* object = v.if_object();
    if (object == nullptr) {
        return text_of(v);
    }
    std::string line;
    for (const auto& [key, value] : *object) {
        auto shown = value.is_null() ? "null" : text_of(value);
        if (value.is_string() && (shown.empty() || shown.find_first_of(" \"\n\t") != std::string::npos)) {
            shown = json_string(shown);
        }
        line += fmt::format("{}{}={}", line.empty() ? "" : " ", std::string_view{key.data(), key.size()}, shown);
    }
    return line;
}

std::string band_words(std::string_view letter) {
    if (letter == "A") {
        return "A expansion";
    }
    if (letter == "B") {
        return "B caution";
    }
    if (letter == "C") {
        return "C stabilize";
    }
    return letter == "D" ? "D survival" : std::string{letter};
}

}  // namespace valhalla::ctl
