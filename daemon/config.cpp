// SPDX-License-Identifier: Apache-2.0
#include "daemon/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/config_file.hpp"
#include "daemon/version.hpp"
#include "ipc/default_socket.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/limits.hpp"
#include "ipc/utf8.hpp"

namespace valhalla {

namespace {

struct flags {
    bool development = false;
    bool check = false;
    bool version = false;
    std::string file;
    std::string state_dir;
    std::string socket;
    std::string log_level;
    std::string accept_rollback;
    std::string restore;
    std::string reason;
};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

/// `$XDG_STATE_HOME/valhalla`, else `~/.local/state/valhalla`, else a directory of the user's own under /tmp.
std::filesystem::path development_state_dir() {
    if (const auto home = environment("XDG_STATE_HOME"); !home.empty()) {
        return std::filesystem::path{home} / "valhalla";
    }
    if (const auto home = environment("HOME"); !home.empty()) {
        return std::filesystem::path{home} / ".local/state/valhalla";
    }
    return fmt::format("/tmp/valhalla-{}/state", ::getuid());
}

void apply_defaults(config& c) {
    if (c.development) {
        c.state_dir = development_state_dir();
        c.socket = ipc::development_socket_path();
        c.access.others = ipc::role::operator_;
        return;
    }
    const auto given = environment("STATE_DIRECTORY");  // set by systemd's StateDirectory=
    c.state_dir = given.empty() ? "/var/lib/valhalla" : given;
    c.socket = ipc::service_socket_path;
}

void apply_environment(config& c) {
    if (const auto value = environment("VALHALLA_STATE_DIR"); !value.empty()) {
        c.state_dir = value;
    }
    if (const auto value = environment("VALHALLA_SOCKET"); !value.empty()) {
        c.socket = value;
    }
}

void apply_flags(config& c, const flags& f) {
    if (!f.state_dir.empty()) {
        c.state_dir = f.state_dir;
    }
    if (!f.socket.empty()) {
        c.socket = f.socket;
    }
    if (!f.log_level.empty()) {
        c.log_level = f.log_level;
    }
    if (!f.accept_rollback.empty()) {
        c.accept_rollback = f.accept_rollback;
    }
    if (!f.restore.empty()) {
        c.restore = std::filesystem::absolute(f.restore).lexically_normal();
        c.restore_reason = f.reason;
    }
}

/// Why it cannot be recorded in the trail; nothing when it can.
std::optional<early_exit> objection_to(std::string_view option, std::string_view reason) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    std::string why;
    if (reason.size() > ipc::max_reason_bytes) {
        why = fmt::format("has {} bytes, and at most {} are recorded; say it shorter", reason.size(),
                          ipc::max_reason_bytes);
    } else if (!ipc::is_utf8(reason)) {
        why = "is not UTF-8, and the trail holds nothing else; use a UTF-8 locale, or ASCII";
    } else if (std::ranges::any_of(reason, is_control)) {
        why = "has a control character in it, such as a line break; leave it out";
    }
    return why.empty() ? std::nullopt : std::optional{early_exit{exit_code::usage, fmt::format("{} {}", option, why)}};
}

/// Answers are JSON and name it, so it must be text.
std::optional<early_exit> objection_to_path(std::string_view what, const std::string& path) {
    if (ipc::is_utf8(path)) {
        return std::nullopt;
    }
    return early_exit{exit_code::usage, fmt::format("the path of the {} is not UTF-8: {}; choose another one", what,
                                                    ipc::excerpt(path, ipc::max_reason_bytes))};
}

}  // namespace

std::variant<config, early_exit> read_config(int argc, const char* const* argv) {
    flags f;
    CLI::App app{"valhallad keeps the work of the Valhalla governance core: sessions, decisions, and an audit trail."};
    app.add_flag("--dev", f.development, "Run for the current user: separate state directory and socket, no set-up");
    app.add_option("--config", f.file, "Configuration file (TOML)")->type_name("FILE");
    app.add_option("--state-dir", f.state_dir, "Where the database lies")->type_name("DIR");
    app.add_option("--socket", f.socket, "Unix socket to listen on")->type_name("PATH");
    app.add_option("--log-level", f.log_level, "What to log")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->type_name("LEVEL");
    auto* const accept =
        app.add_option("--accept-rollback", f.accept_rollback,
                       "Start although the database does not continue what was signed last, and record why")
            ->type_name("REASON");
    auto* const restore = app.add_option("--restore", f.restore,
                                         "Replace the database by a backup, keep the old database aside, and exit; the "
                                         "next start begins a new epoch and records why")
                              ->type_name("FILE");
    auto* const reason = app.add_option("--reason", f.reason, "Why the backup is restored")->type_name("TEXT");
    reason->needs(restore);
    app.add_flag(
        "--check-config", f.check,
        "Check the configuration with the policy and the playbook that it names, print what it means, and exit");
    app.add_flag("--version", f.version, "Print the version and exit");
    app.footer(
        "Exit codes: 0 stopped; 1 failed unexpectedly; 2 wrong command line, configuration, policy or playbook; "
        "3 state unusable; 4 state used by another daemon; 5 no socket; 6 database failed while running; "
        "7 not the continuation of what was signed last.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return early_exit{exit_code::ok, app.help()};
    } catch (const CLI::ParseError& e) {
        return early_exit{exit_code::usage, fmt::format("{}; see valhallad --help", e.what())};
    }
    if (f.version) {
        return early_exit{exit_code::ok, fmt::format("valhallad {}\n", version)};
    }

    if (accept->count() > 0 && f.accept_rollback.find_first_not_of(' ') == std::string::npos) {
        return early_exit{exit_code::usage, "--accept-rollback needs a reason, which is recorded in the trail"};
    }
    if (restore->count() > 0 && (f.restore.empty() || f.reason.find_first_not_of(' ') == std::string::npos)) {
        return early_exit{exit_code::usage, "--restore needs a file and a --reason, which is recorded in the trail"};
    }
    for (const auto& [option, text] :
         {std::pair{"--accept-rollback", &f.accept_rollback}, std::pair{"--reason", &f.reason}}) {
        if (auto objection = objection_to(option, *text)) {
            return *std::move(objection);
        }
    }

    config c;
    c.command_line.assign(argv, argv + argc);
    c.development = f.development;
    c.check = f.check;
    apply_defaults(c);
    if (!f.file.empty()) {
        if (auto problem = apply_config_file(f.file, c)) {
            return early_exit{exit_code::usage, *problem};
        }
    }
    apply_environment(c);
    apply_flags(c, f);
    c.state_dir = std::filesystem::absolute(c.state_dir).lexically_normal();
    for (const auto& [what, path] :
         {std::pair{"state directory", c.state_dir.string()}, std::pair{"socket", c.socket}}) {
        if (auto objection = objection_to_path(what, path)) {
            return *std::move(objection);
        }
    }
    return c;
}

std::variant<config, early_exit> read_config_again(const config& now) {
    std::vector<const char*> arguments;
    arguments.reserve(now.command_line.size());
    for (const auto& argument : now.command_line) {
        arguments.push_back(argument.c_str());
    }
    return read_config(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace valhalla
