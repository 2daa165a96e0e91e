// SPDX-License-Identifier: Apache-2.0
//
// Numbers of a configuration, each with its bounds: how they are read, checked against each other, and shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <toml++/toml.h>

#include "ipc/service/settings_file.hpp"

namespace valhalla::service {

template <class Into>
struct bounded_number {
    std::string_view name;
    std::int64_t least;
    std::int64_t most;
    std::int64_t (*get)(const Into&);
    void (*set)(Into&, std::int64_t);
};

/// Two numbers that do not fit together: which of them is told about depends on which one stands in the file.
struct number_conflict {
    std::string_view first;
    std::string_view second;
    std::string why;
};

/// The table `name` of these numbers, which live as long as the program. `complete` is called when all that are given
/// were set: it may fit others to them, and says what does not fit together.
template <class Into>
[[nodiscard]] settings_section<Into> section_of(
    std::string name, std::span<const bounded_number<Into>> numbers,
    std::function<std::optional<number_conflict>(const toml::table& given, Into& into)> complete) {
    settings_section<Into> section;
    for (const auto& number : numbers) {
        section.keys.emplace(number.name, [&number](const toml::node& node, Into& into) -> std::optional<std::string> {
            const auto value = number_between(node, number.least, number.most);
            if (!value) {
                return "must be a number from " + std::to_string(number.least) + " to " + std::to_string(number.most);
            }
            number.set(into, *value);
            return std::nullopt;
        });
    }
    section.check = [name = std::move(name), complete = std::move(complete)](
                        const std::string& file, const toml::table& table, Into& into) -> std::optional<std::string> {
        const auto wrong = complete(table, into);
        if (!wrong) {
            return std::nullopt;
        }
        auto blamed = table.find(wrong->first);
        blamed = blamed == table.end() ? table.find(wrong->second) : blamed;
        // Where neither is given it is about the table.
        const auto key = blamed == table.end() ? name : name + "." + std::string{blamed->first.str()};
        const auto line = blamed == table.end() ? table.source().begin.line : blamed->first.source().begin.line;
        return file + ":" + std::to_string(line) + ": " + key + ": " + wrong->why;
    };
    return section;
}

/// A line for each, with its value.
template <class Into>
[[nodiscard]] std::string describe(std::string_view table, std::span<const bounded_number<Into>> numbers,
                                   const Into& from) {
    constexpr std::size_t width = 20;
    std::string text;
    for (const auto& number : numbers) {
        std::string name{number.name};
        name.resize(std::max(width, name.size()), ' ');
        text.append("  ").append(table).append(".").append(name).append(" ");
        text.append(std::to_string(number.get(from))).append("\n");
    }
    return text;
}

}  // namespace valhalla::service
