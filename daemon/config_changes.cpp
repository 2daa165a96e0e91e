// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_changes.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/config_limits.hpp"

namespace valhalla {

namespace {

struct compared_key {
    std::string_view name;
    bool at_once;  ///< else it waits for a restart
    bool (*same)(const config&, const config&);
};

template <auto Member>
constexpr compared_key key(std::string_view name, bool at_once) {
    return {name, at_once, [](const config& a, const config& b) { return a.*Member == b.*Member; }};
}
template <auto Part, auto Member>
constexpr compared_key key(std::string_view name, bool at_once) {
    return {name, at_once, [](const config& a, const config& b) { return a.*Part.*Member == b.*Part.*Member; }};
}

constexpr bool now = true;
constexpr bool at_restart = false;

constexpr std::array compared{
    key<&config::state_dir>("state_dir", at_restart),
    key<&config::socket>("socket", at_restart),
    key<&config::socket_group>("socket_group", at_restart),
    key<&config::policy>("policy", now),
    key<&config::playbook>("playbook", now),
    key<&config::log_level>("log_level", now),
    key<&config::request_key_window>("request_key_hours", at_restart),
    key<&config::access, &access_rules::owners>("access.owners", now),
    key<&config::access, &access_rules::operators>("access.operators", now),
    key<&config::access, &access_rules::viewers>("access.viewers", now),
    key<&config::access, &access_rules::others>("access.others", now),
    key<&config::denials, &denial_rules::window>("access.denial_window_s", now),
    key<&config::denials, &denial_rules::records_per_minute>("access.denials_per_minute", now),
    key<&config::rates>("rate_limits", now),
    key<&config::audit, &audit_settings::origin>("audit.origin", at_restart),
    key<&config::audit, &audit_settings::signing_key>("audit.signing_key", at_restart),
    key<&config::audit, &audit_settings::log_checkpoint_minutes>("audit.log_checkpoint_minutes", at_restart),
    key<&config::audit, &audit_settings::witness_name>("witness.name", at_restart),
    key<&config::audit, &audit_settings::witness_key>("witness.key", at_restart),
    key<&config::audit, &audit_settings::witnessed_logs>("witness.logs", at_restart),
    key<&config::backup, &backup_settings::keep>("backup.keep", now),
    key<&config::metrics, &metrics_settings::textfile>("metrics.textfile", now),
    key<&config::metrics, &metrics_settings::interval>("metrics.interval_s", now),
    key<&config::frontend, &frontend_settings::on_change>("export.on_change", now),
    key<&config::frontend, &frontend_settings::directory>("export.directory", now),
    key<&config::frontend, &frontend_settings::group>("export.group", now),
    key<&config::frontend, &frontend_settings::settle>("export.settle_ms", now),
    key<&config::io_poll>("io.poll_us", at_restart),
};

}  // namespace

config_changes changes_between(const config& running, const config& read) {
    config_changes what;
    for (const auto& each : compared) {
        if (!each.same(running, read)) {
            (each.at_once ? what.in_force : what.wait_for_restart).emplace_back(each.name);
        }
    }
    for (const auto name : limits_that_differ(running, read)) {
        what.wait_for_restart.push_back(fmt::format("limits.{}", name));
    }
    return what;
}

std::string describe(const config_changes& what) {
    if (what.in_force.empty() && what.wait_for_restart.empty()) {
        return "nothing has changed";
    }
    std::string text = what.in_force.empty() ? std::string{"nothing is in force that was not before"}
                                             : fmt::format("changed: {}", fmt::join(what.in_force, ", "));
    if (!what.wait_for_restart.empty()) {
        text +=
            fmt::format("; until the next start the old values hold of: {}", fmt::join(what.wait_for_restart, ", "));
    }
    return text;
}

std::vector<std::string> compared_keys() {
    std::vector<std::string> names;
    names.reserve(std::size(compared));
    for (const auto& each : compared) {
        names.emplace_back(each.name);
    }
    return names;
}

}  // namespace valhalla
