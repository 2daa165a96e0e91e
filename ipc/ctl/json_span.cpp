// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/json_span.hpp"

#include <algorithm>
#include <string>

#include "ipc/json_text.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Where the string ends that begins with the quote at `at`: behind its closing quote.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') {
            ++at;
        }
    }
    return std::min(at + 1, text.size());
}

/// Where the value ends that begins at `at` inside an object or array: at the comma or bracket behind it.
std::size_t skip_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        const bool closes = c == '}' || c == ']';
        if (depth == 0 && (c == ',' || closes)) {
            break;
        }
        if (closes) {
            --depth;
        } else if (c == '{' || c == '[') {
            ++depth;
        }
        ++at;
    }
    return at;
}

std::string meant_by(std::string_view raw) {
    std::string meant;
    ipc::append_unescaped(meant, raw);
    return meant;
}

bool is_key(std::string_view raw, std::string_view name) {
    return raw.find('\\') == std::string_view::npos ? raw == name : meant_by(raw) == name;
}

/// Calls `take` with each member: its name as it stands, without quotes, and its value.
template <class Take>
void for_each_member(std::string_view object, const Take& take) {
    object = trimmed(object);
    if (!object.starts_with('{')) {
        return;
    }
    std::size_t at = 1;
    for (auto key = object.find('"', at); key != std::string_view::npos; key = object.find('"', at)) {
        const auto key_end = skip_string(object, key);
        const auto value = object.find(':', key_end) + 1;
        at = skip_value(object, value);
        take(object.substr(key + 1, key_end - key - 2), trimmed(object.substr(value, at - value)));
    }
}

}  // namespace

std::string_view member_span(std::string_view object, std::string_view name) {
    std::string_view found;
    bool twice = false;
    for_each_member(object, [&](std::string_view key, std::string_view value) {
        if (is_key(key, name)) {
            twice = twice || !found.empty();
            found = value;
        }
    });
    return twice ? std::string_view{} : found;
}

std::vector<member_text> members_of(std::string_view object) {
    std::vector<member_text> members;
    for_each_member(object,
                    [&](std::string_view key, std::string_view value) { members.push_back({meant_by(key), value}); });
    return members;
}

std::vector<std::string_view> element_spans(std::string_view array) {
    array = trimmed(array);
    std::vector<std::string_view> elements;
    if (!array.starts_with('[')) {
        return elements;
    }
    std::size_t at = 1;
    while (at < array.size()) {
        const auto end = skip_value(array, at);
        const auto element = trimmed(array.substr(at, end - at));
        if (!element.empty()) {
            elements.push_back(element);
        }
        at = end + 1;
    }
    return elements;
}

}  // namespace valhalla::ctl
