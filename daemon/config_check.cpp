// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_check.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "daemon/access_names.hpp"
#include "daemon/config_limits.hpp"
#include "daemon/memory_bound.hpp"
#include "daemon/start_parts.hpp"
#include "ipc/service/byte_units.hpp"

namespace valhalla {

namespace {

std::string describe_memory(const memory_bound& m) {
    return fmt::format(
        "  memory        at most {} MiB: {} for itself, {} for connections ({} KiB each) and {} that they share, "
        "{} for followers, {} for changes that wait, {} for their answers, {} for an import\n",
        in_mib(m.total()), in_mib(m.base), in_mib(m.connections), m.connection / 1'024, in_mib(m.buffers),
        in_mib(m.follows), in_mib(m.queue), in_mib(m.answers), in_mib(m.import));
}

std::string describe_frontend(const frontend_settings& s) {
    if (!s.on_change) {
        return "  export        on demand\n";
    }
    std::error_code unknown;
    return fmt::format("  export        on demand, and kept fresh in {}{} for {}, {} ms after a change\n",
                       s.directory.string(), std::filesystem::is_directory(s.directory, unknown) ? "" : " (not there)",
                       s.group.empty() ? "the group that the directory gives its files" : "group " + s.group,
                       s.settle.count());
}

std::string describe(const config& c) {
    return fmt::format(
               "configuration is good\n  state_dir     {}\n  socket        {}\n  policy        {}\n  playbook      {}\n"
               "  log_level     {}\n  audit.origin  {}\n",
               c.state_dir.string(), c.socket, c.policy ? c.policy->string() : "built-in",
               c.playbook ? c.playbook->string() : "built-in", c.log_level, c.audit.origin) +
           describe_frontend(c.frontend) + describe_limits(c) + describe_memory(memory_bound_of(c));
}

}  // namespace

std::string check_config(const config& c) {
    static_cast<void>(load_rules(c));
    static_cast<void>(load_steps(c));
    static_cast<void>(group_id(c.socket_group));
    check_frontend(c);
    std::string warnings;
    for (const auto& sentence : unknown_names_in(c.access)) {
        warnings += fmt::format("warning: {}\n", sentence);
    }
    return describe(c) + warnings;
}

}  // namespace valhalla
