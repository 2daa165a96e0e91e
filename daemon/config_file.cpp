// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "daemon/config_limits.hpp"
#include "ipc/method.hpp"
#include "ipc/service/settings_file.hpp"
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
/// Below it the files cost more than they are worth; above it they are not fresh.
constexpr std::int64_t min_settle_ms = 50;
constexpr std::int64_t max_settle_ms = 3'600'000;
/// A year.
constexpr std::int64_t max_log_minutes = 525'600;

using setter = service::setter<config>;
using key_table = service::key_table<config>;

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
    const auto value = service::number_between(node, 0, max_log_minutes);
    if (!value) {
        return fmt::format("must be a number of minutes from 0 to {}", max_log_minutes);
    }
    into.audit.log_checkpoint_minutes = *value;
    return std::nullopt;
}

std::optional<std::string> set_io_poll(const toml::node& node, config& into) {
    const auto value = service::number_between(node, 0, longest_io_poll.count());
    if (!value) {
        return fmt::format("must be a number from 0 to {}", longest_io_poll.count());
    }
    into.io_poll = std::chrono::microseconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_kept_backups(const toml::node& node, config& into) {
    const auto value = service::number_between(node, 1, max_kept_backups);
    if (!value) {
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
    const auto value = service::number_between(node, 1, max_metrics_interval_s);
    if (!value) {
        return fmt::format("must be a number of seconds from 1 to {}", max_metrics_interval_s);
    }
    into.metrics.interval = std::chrono::seconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_on_change(const toml::node& node, config& into) {
    const auto value = node.value_exact<bool>();
    if (!value) {
        return "must be true or false";
    }
    into.frontend.on_change = *value;
    return std::nullopt;
}

std::optional<std::string> set_frontend_directory(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    if (!value || !value->starts_with('/')) {
        return "must be an absolute path";
    }
    into.frontend.directory = std::filesystem::path{*value}.lexically_normal();
    return std::nullopt;
}

std::optional<std::string> set_settle(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < min_settle_ms || *value > max_settle_ms) {
        return fmt::format("must be a number of milliseconds from {} to {}", min_settle_ms, max_settle_ms);
    }
    into.frontend.settle = std::chrono::milliseconds{*value};
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
        auto read = service::list_of_texts(node);
        if (!read) {
            return "must be a list of texts";
        }
        for (const auto& entry : *read) {
            if (auto problem = problem_with_entry(entry)) {
                return problem;
            }
        }
        into.access.*where = *std::move(read);
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
    const auto value = service::number_between(node, 1, max_denial_window_s);
    if (!value) {
        return fmt::format("must be a number of seconds from 1 to {}", max_denial_window_s);
    }
    into.denials.window = std::chrono::seconds{*value};
    return std::nullopt;
}

std::optional<std::string> set_denials_per_minute(const toml::node& node, config& into) {
    const auto value = service::number_between(node, 1, max_denials_per_minute);
    if (!value) {
        return fmt::format("must be a number from 1 to {}", max_denials_per_minute);
    }
    into.denials.records_per_minute = *value;
    return std::nullopt;
}

std::optional<std::string> set_log_level(const toml::node& node, config& into) {
    const auto value = node.value_exact<std::string>();
    for (const std::string_view known : {"debug", "info", "warn", "error"}) {
        if (value && *value == known) {
            into.log_level = *value;
            return std::nullopt;
        }
    }
    return "must be one of debug, info, warn, error";
}

std::optional<std::string> set_key_window(const toml::node& node, config& into) {
    const auto value = service::number_between(node, 1, max_key_window_hours);
    if (!value) {
        return fmt::format("must be a number of hours from 1 to {}", max_key_window_hours);
    }
    into.request_key_window = std::chrono::hours{*value};
    return std::nullopt;
}

key_table top_keys() {
    return {
        {"state_dir", text([](config& c, const std::string& v) { c.state_dir = v; })},
        {"socket", text([](config& c, const std::string& v) { c.socket = v; })},
        {"socket_group", text([](config& c, const std::string& v) { c.socket_group = v; })},
        {"policy", text([](config& c, const std::string& v) { c.policy = v; })},
        {"playbook", text([](config& c, const std::string& v) { c.playbook = v; })},
        {"log_level", set_log_level},
        {"request_key_hours", set_key_window},
    };
}

key_table access_keys() {
    return {
        {"owners", entries(&access_rules::owners)},   {"operators", entries(&access_rules::operators)},
        {"viewers", entries(&access_rules::viewers)}, {"others", set_others},
        {"denial_window_s", set_denial_window},       {"denials_per_minute", set_denials_per_minute},
    };
}

key_table audit_keys() {
    return {
        {"origin", set_origin},
        {"signing_key", file(&audit_settings::signing_key)},
        {"log_checkpoint_minutes", set_log_minutes},
    };
}

key_table backup_keys() {
    return {
        {"keep", set_kept_backups},
    };
}

key_table export_keys() {
    return {
        {"on_change", set_on_change},
        {"directory", set_frontend_directory},
        {"group", text([](config& c, const std::string& v) { c.frontend.group = v; })},
        {"settle_ms", set_settle},
    };
}

/// Keys of `[export]` that need each other.
std::optional<std::string> check_export(const std::string& file, const toml::table& section, const config& read) {
    const auto on = section.find("on_change");
    if (on == section.end() || !read.frontend.on_change || !read.frontend.directory.empty()) {
        return std::nullopt;
    }
    return service::problem_at(file, on->first, "export.on_change",
                               "needs export.directory, for where the files shall be");
}

key_table io_keys() {
    return {
        {"poll_us", set_io_poll},
    };
}

key_table metrics_keys() {
    return {
        {"textfile", set_metrics_file},
        {"interval_s", set_metrics_interval},
    };
}

key_table witness_keys() {
    return {
        {"name", set_witness_name},
        {"key", file(&audit_settings::witness_key)},
        {"logs", set_witnessed_logs},
    };
}

/// `[rate_limits]`: the keys are methods. Nothing else tells which methods there are.
std::optional<std::string> set_rates(const std::string& file, const toml::table& table, config& into) {
    std::vector<std::string_view> names;
    for (const auto& method : ipc::describe_api()) {
        names.push_back(method.name);
    }
    for (const auto& [key, node] : table) {
        const std::string method{key.str()};
        const auto value = node.value_exact<std::string>();
        const auto rate = value ? ipc::parse_rate(*value) : std::nullopt;
        const auto wrong = [&](std::string_view why) {
            return service::problem_at(file, key, fmt::format("rate_limits.{}", method), why);
        };
        if (std::ranges::find(names, method) == names.end()) {
            return wrong(service::no_such("method", method, names));
        }
        if (value && *value == "none") {
            into.rates.erase(method);
        } else if (rate) {
            into.rates[method] = *rate;
        } else {
            return wrong(R"(must be like "10/min" (s, min or h), or "none")");
        }
    }
    return std::nullopt;
}

const service::settings_format<config>& config_format() {
    static const service::settings_format<config> known{
        .top = top_keys(),
        .sections = {
            {"access", service::settings_section<config>{access_keys()}},
            {"audit", service::settings_section<config>{audit_keys()}},
            {"backup", service::settings_section<config>{backup_keys()}},
            {"export", service::settings_section<config>{.keys = export_keys(), .check = check_export}},
            {"io", service::settings_section<config>{io_keys()}},
            {"limits", limits_section()},
            {"metrics", service::settings_section<config>{metrics_keys()}},
            {"rate_limits", service::own_section<config>{set_rates, {"rate_limits"}}},
            {"witness", service::settings_section<config>{witness_keys()}},
        }};
    return known;
}

}  // namespace

std::vector<std::string> config_keys() {
    return service::names_of(config_format());
}

std::optional<std::string> apply_config_file(const std::filesystem::path& file, config& into) {
    return service::apply_settings(file, config_format(), into);
}

}  // namespace valhalla
