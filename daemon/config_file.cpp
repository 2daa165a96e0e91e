// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "daemon/config_limits.hpp"
#include "daemon/governor/canon.hpp"
#include "daemon/toml_reader.hpp"
#include "ipc/method.hpp"
#include "schema/proof/signed_note.hpp"

namespace valhalla {

namespace {

/// It is part of every checkpoint.
constexpr std::size_t max_origin_bytes = 128;
/// Four weeks: each kept answer is a row.
constexpr std::int64_t max_key_window_hours = std::int64_t{24} * 28;
/// A day: what is counted is lost in a crash.
constexpr std::int64_t max_denial_window_s = 86'400;
/// 430 MB of a hostile day.
constexpr std::int64_t max_denials_per_minute = 600;
/// What backup.create takes.
constexpr std::int64_t max_kept_backups = 10'000;
/// Beyond it looking costs more than being woken.
constexpr std::chrono::microseconds longest_io_poll{1'000};
/// A collector would call an older file stale.
constexpr std::int64_t max_metrics_interval_s = 3'600;
/// A year.
constexpr std::int64_t max_log_minutes = 525'600;

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

setter file(std::optional<std::filesystem::path> audit_settings::* where) {
    return text([where](config& c, const std::string& v) { c.audit.*where = v; });
}

std::optional<std::string> set_origin(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    if (!value || !schema::valid_key_name(*value) || value->ends_with('/') || value->size() > max_origin_bytes) {
        return "must be a name like audit.example.org/valhalla: a URL without its scheme, without spaces and +";
    }
    into.audit.origin = *value;
    return std::nullopt;
}

std::optional<std::string> set_log_minutes(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > max_log_minutes) {
        return fmt::format("must be a number of minutes from 0 to {}", max_log_minutes);
    }
    into.audit.log_checkpoint_minutes = *value;
    return std::nullopt;
}

std::optional<std::string> set_io_poll(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > longest_io_poll.count()) {
        return fmt::format("must be a number from 0 to {}", longest_io_poll.count());
    }
    into.io_poll = std::chrono::microseconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_kept_backups(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > max_kept_backups) {
        return fmt::format("must be a number from 1 to {}", max_kept_backups);
    }
    into.backup.keep = *value;
    return std::nullopt;
}

std::optional<std::string> set_metrics_file(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    if (!value || !value->starts_with('/') || !value->ends_with(".prom")) {
        return "must be an absolute path that ends in .prom: the collector reads no others";
    }
    into.metrics.textfile = *value;
    return std::nullopt;
}

std::optional<std::string> set_metrics_interval(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > max_metrics_interval_s) {
        return fmt::format("must be a number of seconds from 1 to {}", max_metrics_interval_s);
    }
    into.metrics.interval = std::chrono::seconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_witness_name(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    if (!value || !schema::valid_key_name(*value) || value->size() > max_origin_bytes) {
        return "must be a name like witness.example.org: without spaces and +";
    }
    into.audit.witness_name = *value;
    return std::nullopt;
}

std::optional<std::string> set_witnessed_logs(const toml::node& node, config& into) {
    const auto* list = node.as_array();
    std::vector<std::string> read;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto value = list->get(i)->value_exact<std::string>();
        const auto key = value ? schema::verifier_key::parse(*value) : std::nullopt;
        if (!key || key->algorithm != schema::note_algorithm::ed25519) {
            return "must be a list of verifier keys, as 'valhallactl audit key' prints them";
        }
        read.push_back(*value);
    }
    if (list == nullptr) {
        return "must be a list of verifier keys";
    }
    into.audit.witnessed_logs = std::move(read);
    return std::nullopt;
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

std::optional<std::string> set_denial_window(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > max_denial_window_s) {
        return fmt::format("must be a number of seconds from 1 to {}", max_denial_window_s);
    }
    into.denials.window = std::chrono::seconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_denials_per_minute(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > max_denials_per_minute) {
        return fmt::format("must be a number from 1 to {}", max_denials_per_minute);
    }
    into.denials.records_per_minute = *value;
    return std::nullopt;
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

std::optional<std::string> set_key_window(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > max_key_window_hours) {
        return fmt::format("must be a number of hours from 1 to {}", max_key_window_hours);
    }
    into.request_key_window = std::chrono::hours{*value};
    return std::nullopt;
}

const key_table& top_keys() {
    static const key_table keys{
        {"state_dir", text([](config& c, const std::string& v) { c.state_dir = v; })},
        {"socket", text([](config& c, const std::string& v) { c.socket = v; })},
        {"socket_group", text([](config& c, const std::string& v) { c.socket_group = v; })},
        {"policy", text([](config& c, const std::string& v) { c.policy = v; })},
        {"playbook", text([](config& c, const std::string& v) { c.playbook = v; })},
        {"log_level", set_log_level},
        {"request_key_hours", set_key_window},
    };
    return keys;
}

const key_table& access_keys() {
    static const key_table keys{
        {"owners", entries(&access_rules::owners)},   {"operators", entries(&access_rules::operators)},
        {"viewers", entries(&access_rules::viewers)}, {"others", set_others},
        {"denial_window_s", set_denial_window},       {"denials_per_minute", set_denials_per_minute},
    };
    return keys;
}

const key_table& audit_keys() {
    static const key_table keys{
        {"origin", set_origin},
        {"signing_key", file(&audit_settings::signing_key)},
        {"log_checkpoint_minutes", set_log_minutes},
    };
    return keys;
}

const key_table& backup_keys() {
    static const key_table keys{
        {"keep", set_kept_backups},
    };
    return keys;
}

const key_table& io_keys() {
    static const key_table keys{
        {"poll_us", set_io_poll},
    };
    return keys;
}

const key_table& metrics_keys() {
    static const key_table keys{
        {"textfile", set_metrics_file},
        {"interval_s", set_metrics_interval},
    };
    return keys;
}

const key_table& witness_keys() {
    static const key_table keys{
        {"name", set_witness_name},
        {"key", file(&audit_settings::witness_key)},
        {"logs", set_witnessed_logs},
    };
    return keys;
}

/// `[rate_limits]`: the keys are methods. Nothing else tells which methods there are.
std::optional<std::string> set_rates(const std::string& file, const toml::table& table, config& into) {
    std::vector<std::string> names;
    for (const auto& method : ipc::describe_api()) {
        names.emplace_back(method.name);
    }
    for (const auto& [key, node] : table) {
        const std::string method{key.str()};
        const auto value = node.value_exact<std::string>();
        const auto rate = value ? ipc::parse_rate(*value) : std::nullopt;
        const auto where = fmt::format("{}:{}: rate_limits.{}", file, key.source().begin.line, method);
        if (std::ranges::find(names, method) == names.end()) {
            const auto nearest = governor::nearest_names(method, names);
            return where + ": no such method" +
                   (nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest.front()));
        }
        if (value && *value == "none") {
            into.rates.erase(method);
        } else if (rate) {
            into.rates[method] = *rate;
        } else {
            return where + R"(: must be like "10/min" (s, min or h), or "none")";
        }
    }
    return std::nullopt;
}

/// The tables of the file; null for a name that is none of them.
const key_table* table_of(std::string_view name) {
    return name == "access"    ? &access_keys()
           : name == "audit"   ? &audit_keys()
           : name == "backup"  ? &backup_keys()
           : name == "io"      ? &io_keys()
           : name == "metrics" ? &metrics_keys()
           : name == "witness" ? &witness_keys()
                               : nullptr;
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
        if (prefix.empty() && key.str() == "rate_limits" && node.is_table()) {
            if (auto problem = set_rates(file, *node.as_table(), into)) {
                return problem;
            }
            continue;
        }
        if (prefix.empty() && key.str() == "limits" && node.is_table()) {
            if (auto problem = apply_limits(file, *node.as_table(), into)) {
                return problem;
            }
            continue;
        }
        if (const auto* below = table_of(key.str()); prefix.empty() && below != nullptr && node.is_table()) {
            if (auto problem = apply_table(file, fmt::format("{}.", key.str()), *node.as_table(), *below, into)) {
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

std::vector<std::string> config_keys() {
    std::vector<std::string> names{"rate_limits"};
    for (const auto& [name, unused] : top_keys()) {
        names.push_back(name);
    }
    for (const std::string table : {"access", "audit", "backup", "io", "metrics", "witness"}) {
        for (const auto& [name, unused] : *table_of(table)) {
            names.push_back(fmt::format("{}.{}", table, name));
        }
    }
    std::ranges::move(limit_keys(), std::back_inserter(names));
    return names;
}

std::optional<std::string> apply_config_file(const std::filesystem::path& file, config& into) {
    // Not by the parser: to it a directory is an empty file.
    const auto text = read_rules_file(file);
    if (const auto* problem = std::get_if<file_problem>(&text)) {
        return problem->text();
    }
    try {
        return apply_table(file.string(), "", toml::parse(std::get<std::string>(text), file.string()), top_keys(),
                           into);
    } catch (const toml::parse_error& e) {
        return fmt::format("{}:{}: {}", file.string(), e.source().begin.line, e.description());
    }
}

}  // namespace valhalla
