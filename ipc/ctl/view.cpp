// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/link.hpp"
#include "ipc/json_text.hpp"

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

std::string shown(std::string_view json) {
    if (json.starts_with('"') && json.size() >= 2) {
        std::string meant;
        ipc::append_unescaped(meant, json.substr(1, json.size() - 2));
        return meant;
    }
    std::string out;
    if (json != "null") {
        ipc::append_minified(out, json);
    }
    return out;
}

std::string in_one_line(std::string_view json) {
    if (!json.starts_with('{')) {
        return shown(json);
    }
    std::string line;
    for (const auto& [name, value] : members_of(json)) {
        auto text = value == "null" ? "null" : shown(value);
        if (value.starts_with('"') && (text.empty() || text.find_first_of(" \"\n\t") != std::string::npos)) {
            text = json_string(text);
        }
        line += fmt::format("{}{}={}", line.empty() ? "" : " ", name, text);
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
