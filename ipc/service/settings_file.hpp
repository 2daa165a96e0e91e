// SPDX-License-Identifier: Apache-2.0
//
// Configuration files, TOML: a program says once which keys there are and what each sets; reading one lays its values
// over what is there, and tells every mistake with its file, line and key. Unknown keys are mistakes, and the nearest
// known one is named. What a value has to be is the setter's to say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <toml++/toml.h>

namespace valhalla::service {

/// Sets something of `into`, or says what the value must be: "must be …".
template <class Into>
using setter = std::function<std::optional<std::string>(const toml::node& value, Into& into)>;
template <class Into>
using key_table = std::map<std::string, setter<Into>, std::less<>>;

/// A table of the file whose keys are known.
template <class Into>
struct settings_section {
    key_table<Into> keys;
    /// When all of its keys were set: what does not fit together. May be empty. The text is a whole one, with its line.
    std::function<std::optional<std::string>(const std::string& file, const toml::table& table, Into& into)> check{};
};
/// A table that is read in its own way. The text is a whole one, with its line.
template <class Into>
struct own_section {
    std::function<std::optional<std::string>(const std::string& file, const toml::table& table, Into& into)> read;
    std::vector<std::string> names;  ///< `table.key` of what it can hold, or the table's name
};

/// All that a file can hold.
template <class Into>
struct settings_format {
    key_table<Into> top;
    std::map<std::string, std::variant<settings_section<Into>, own_section<Into>>, std::less<>> sections;
};

/// `FILE:LINE: KEY: TEXT`
[[nodiscard]] std::string problem_at(const std::string& file, const toml::key& at, std::string_view key,
                                     std::string_view text);
/// `no such key; did you mean 'x'?`
[[nodiscard]] std::string no_such(std::string_view noun, std::string_view name,
                                  const std::vector<std::string_view>& known);
/// The file's values, or a sentence with file and line.
[[nodiscard]] std::variant<toml::table, std::string> parse_settings(const std::filesystem::path& file);

/// A whole number within its bounds.
[[nodiscard]] inline std::optional<std::int64_t> number_between(const toml::node& value, std::int64_t least,
                                                                std::int64_t most) {
    const auto number = value.value_exact<std::int64_t>();
    return number && *number >= least && *number <= most ? number : std::nullopt;
}
/// A list of texts and nothing else.
[[nodiscard]] std::optional<std::vector<std::string>> list_of_texts(const toml::node& value);

template <class Into>
[[nodiscard]] std::vector<std::string_view> keys_of(const key_table<Into>& keys) {
    std::vector<std::string_view> names;
    std::ranges::transform(keys, std::back_inserter(names),
                           [](const auto& key) { return std::string_view{key.first}; });
    return names;
}

template <class Into>
[[nodiscard]] std::optional<std::string> apply_keys(const std::string& file, std::string_view prefix,
                                                    const toml::table& table, const key_table<Into>& keys, Into& into) {
    for (const auto& [key, node] : table) {
        const auto found = keys.find(key.str());
        std::optional<std::string> problem;
        if (found != keys.end()) {
            problem = found->second(node, into);
        } else {
            problem = no_such("key", key.str(), keys_of(keys));
        }
        if (problem) {
            return problem_at(file, key, std::string{prefix}.append(key.str()), *problem);
        }
    }
    return std::nullopt;
}

template <class Into>
[[nodiscard]] std::optional<std::string> apply_section(const std::string& file, const std::string& name,
                                                       const toml::table& table, const settings_section<Into>& section,
                                                       Into& into) {
    auto problem = apply_keys(file, name + ".", table, section.keys, into);
    return problem || !section.check ? problem : section.check(file, table, into);
}
template <class Into>
[[nodiscard]] std::optional<std::string> apply_section(const std::string& file, const std::string& /*name*/,
                                                       const toml::table& table, const own_section<Into>& section,
                                                       Into& into) {
    return section.read(file, table, into);
}

/// Lays the file's values over `into`. A sentence with file and line when anything is wrong; `into` is then half filled
/// and of no use.
template <class Into>
[[nodiscard]] std::optional<std::string> apply_settings(const std::filesystem::path& file,
                                                        const settings_format<Into>& format, Into& into) {
    auto parsed = parse_settings(file);
    if (auto* const problem = std::get_if<std::string>(&parsed)) {
        return std::move(*problem);
    }
    auto& table = std::get<toml::table>(parsed);
    const auto name = file.string();
    for (const auto& entry : format.sections) {
        const auto& section = entry.first;
        const auto at = table.find(section);
        if (at == table.end()) {
            continue;
        }
        const auto* const node = at->second.as_table();
        if (node == nullptr) {
            return problem_at(name, at->first, section, "must be a table: [" + section + "]");
        }
        auto problem =
            std::visit([&](const auto& s) { return apply_section(name, section, *node, s, into); }, entry.second);
        if (problem) {
            return problem;
        }
        table.erase(at);
    }
    for (const auto& [key, node] : table) {
        if (format.top.find(key.str()) == format.top.end()) {
            auto known = keys_of(format.top);
            std::ranges::transform(format.sections, std::back_inserter(known),
                                   [](const auto& section) { return std::string_view{section.first}; });
            return problem_at(name, key, key.str(), no_such("key", key.str(), known));
        }
    }
    return apply_keys(name, "", table, format.top, into);
}

/// Every key there is, as `table.key`.
template <class Into>
[[nodiscard]] std::vector<std::string> names_of(const settings_format<Into>& format) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : format.top) {
        names.push_back(name);
    }
    for (const auto& [section, what] : format.sections) {
        if (const auto* const own = std::get_if<own_section<Into>>(&what)) {
            names.insert(names.end(), own->names.begin(), own->names.end());
            continue;
        }
        for (const auto& [name, unused] : std::get<settings_section<Into>>(what).keys) {
            names.push_back(section);
            names.back().append(".").append(name);
        }
    }
    return names;
}

}  // namespace valhalla::service
