// SPDX-License-Identifier: Apache-2.0
#include "daemon/start_parts.hpp"

#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "daemon/playbook_file.hpp"
#include "daemon/policy_file.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/trail_signing.hpp"
#include "daemon/user_database.hpp"
#include "ipc/default_socket.hpp"
#include "ipc/service/service_manager.hpp"
#include "ipc/socket_path.hpp"
#include "ipc/unix_server.hpp"

namespace valhalla {

std::shared_ptr<const governor::canon> load_rules(const config& c) {
    if (!c.policy) {
        return built_in_canon();
    }
    auto loaded = load_canon(*c.policy);
    if (const auto* problem = std::get_if<file_problem>(&loaded)) {
        throw start_failure{exit_code::usage, problem->text()};
    }
    return std::get<std::shared_ptr<const governor::canon>>(loaded);
}

std::shared_ptr<const governor::playbook> load_steps(const config& c) {
    if (!c.playbook) {
        return built_in_playbook();
    }
    auto loaded = load_playbook(*c.playbook);
    if (const auto* problem = std::get_if<file_problem>(&loaded)) {
        throw start_failure{exit_code::usage, problem->text()};
    }
    return std::get<std::shared_ptr<const governor::playbook>>(loaded);
}

void check_frontend(const config& c) {
    if (c.frontend.on_change) {
        static_cast<void>(group_id(c.frontend.group, "export.group"));
        require_reachable(c.frontend, c.state_dir);
    }
}

void require_reachable(const frontend_settings& s, const std::filesystem::path& state_dir) {
    std::error_code unknown;
    const auto within = std::filesystem::weakly_canonical(s.directory, unknown)
                            .lexically_relative(std::filesystem::weakly_canonical(state_dir, unknown));
    if (!unknown && !within.empty() && *within.begin() != "..") {
        throw start_failure{exit_code::usage,
                            fmt::format("export.directory: {} lies in the state directory, which only the daemon may "
                                        "enter; name a directory that the frontend can reach",
                                        s.directory.string())};
    }
}

std::optional<gid_t> group_id(const std::string& name, std::string_view key) {
    if (name.empty()) {
        return std::nullopt;
    }
    const auto answer = system_user_database().group_named(name);
    if (!answer.entry) {
        throw start_failure{exit_code::usage,
                            answer.error != 0
                                ? fmt::format("{}: the group '{}' cannot be looked up: {}", key, name,
                                              std::generic_category().message(answer.error))
                                : fmt::format("{}: there is no group '{}'; create it, or name another", key, name)};
    }
    return answer.entry->id;
}

void require_place_of_socket(const config& c) {
    const auto parent = std::filesystem::path{c.socket}.parent_path();
    std::error_code unknown;
    const bool will_be_made = c.development && !std::filesystem::exists(parent, unknown);
    if (will_be_made || service_manager::has_sockets()) {
        return;
    }
    try {
        ipc::require_place(c.socket);
    } catch (const ipc::listen_error& e) {
        throw start_failure{exit_code::socket, e.what()};
    }
}

void make_private_directory(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::create_directories(path, ignored)) {
        std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
    }
    if (auto objection = ipc::objection_to_fallback(path)) {
        throw start_failure{exit_code::socket, *std::move(objection)};
    }
}

witness load_witness(const config& c, const schema::state_dir& directory) {
    if (c.audit.witness_name.empty()) {
        return {std::nullopt, {}, {}};
    }
    auto key = find_signing_key(c.audit.witness_key, "witness.key", directory.witness_key(), missing_key::create);
    std::vector<schema::verifier_key> logs;
    logs.reserve(c.audit.witnessed_logs.size());
    for (const auto& text : c.audit.witnessed_logs) {
        logs.push_back(schema::verifier_key::parse(text).value());  // checked when the configuration was read
    }
    return {std::move(key), c.audit.witness_name, std::move(logs)};
}

}  // namespace valhalla
