// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "daemon/governor/canon.hpp"

namespace valhalla {

namespace {

using setter = std::function<std::optional<std::string>(const toml::node&, config&)>;
using key_table = std::map<std::string, setter, std::less<>>;

setter text(std::function<void(config&, const std::string&)> assign) {
    return [assign = std::move(assign)](const toml::node& node, config& into) -> std::optional<std::string> {
        const auto value = node.value_exact<std::string>();
        if (!value || value->empty()) {
            return "must be a text that is not empty";
        }
        assign(into, *value);
        return std::nullopt;
    };
}

setter entries(std::vector<std::string> access_rules::* where) {
    return [where](const toml::node& node, config& into) -> std::optional<std::string> {
        const auto* list = node.as_array();
        if (list == nullptr) {
            return "must be a list of texts";
        }
        std::vector<std::string> read;
        for (const auto& element : *list) {
            const auto value = element.value_exact<std::string>();
            if (!value) {
                return "must be a list of texts";
            }
            if (auto problem = problem_with_entry(*value)) {
                return problem;
            }
            read.push_back(*value);
        }
        into.access.*where = std::move(read);
        return std::nullopt;
    };
}

std::optional<std::string> set_others(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    for (const auto role : {ipc::role::none, ipc::role::viewer, ipc::role::operator_, ipc::role::owner}) {
        if (value && *value == ipc::to_text(role)) {
            into.access.others = role;
            return std::nullopt;
        }
    }
    return "must be one of none, viewer, operator, owner";
}

std::optional<std::string> set_log_level(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    for (const std::string_view level : {"debug", "info", "warn", "error"}) {
        if (value && *value == level) {
            into.log_level = *value;
            return std::nullopt;
        }
    }
    return "must be one of debug, info, warn, error";
}

const key_table& top_keys() {
    static const key_table keys{
        {"state_dir", text([](config& c, const std::string& v) { c.state_dir = v; })},
        {"socket", text([](config& c, const std::string& v) { c.socket = v; })},
        {"socket_group", text([](config& c, const std::string& v) { c.socket_group = v; })},
        {"policy", text([](config& c, const std::string& v) { c.policy = v; })},
        {"playbook", text([](config& c, const std::string& v) { c.playbook = v; })},
        {"log_level", set_log_level},
    };
    return keys;
}

const key_table& access_keys() {
    static const key_table keys{
        {"owners", entries(&access_rules::owners)},
        {"operators", entries(&access_rules::operators)},
        {"viewers", entries(&access_rules::viewers)},
        {"others", set_others},
    };
    return keys;
}

std::string unknown_key(std::string_view key, const key_table& known) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : known) {
        names.push_back(name);
    }
    const auto nearest = governor::nearest_names(key, names);
    return nearest.empty() ? "no such key" : fmt::format("no such key; did you mean '{}'?", nearest.front());
}

std::optional<std::string> apply_table(const std::string& file, const std::string& prefix, const toml::table& table,
                                       const key_table& keys, config& into) {
    for (const auto& [key, node] : table) {
        const auto found = keys.find(key.str());
        if (prefix.empty() && key.str() == "access" && node.is_table()) {
            if (auto problem = apply_table(file, "access.", *node.as_table(), access_keys(), into)) {
                return problem;
            }
            continue;
        }
        auto problem = found == keys.end() ? std::optional{unknown_key(key.str(), keys)} : found->second(node, into);
        if (problem) {
            return fmt::format("{}:{}: {}{}: {}", file, key.source().begin.line, prefix, key.str(), *problem);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> apply_config_file(const std::filesystem::path& file, config& into) {
    try {
        return apply_table(file.string(), "", toml::parse_file(file.string()), top_keys(), into);
    } catch (const toml::parse_error& e) {
        return fmt::format("{}:{}: {}", file.string(), e.source().begin.line, e.description());
    }
}

}  // namespace valhalla
