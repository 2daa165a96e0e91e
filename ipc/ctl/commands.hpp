// SPDX-License-Identifier: Apache-2.0
//
// The commands, one file per family. Each function adds its nouns and verbs with their options to the parser; what the
// user chose ends up in `chosen`, which must outlive the parser.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

void add_status_command(CLI::App& app, command& chosen);    // status
void add_session_commands(CLI::App& app, command& chosen);  // session …
void add_cone_commands(CLI::App& app, command& chosen);     // cone …, decide, canon
void add_health_commands(CLI::App& app, command& chosen);   // health …, thresholds …
void add_go_commands(CLI::App& app, command& chosen);       // go …
void add_access_commands(CLI::App& app, command& chosen);   // operator …, key …
void add_audit_commands(CLI::App& app, command& chosen);    // audit …
void add_export_command(CLI::App& app, command& chosen);    // export DIR
void add_import_command(CLI::App& app, command& chosen);    // import DIR
void add_backup_commands(CLI::App& app, command& chosen);   // backup, restore FILE
void add_metrics_command(CLI::App& app, command& chosen);   // metrics
void add_call_command(CLI::App& app, command& chosen);      // call METHOD [JSON]
void add_describe_command(CLI::App& app, command& chosen);  // describe [METHOD]

/// A noun whose verbs follow.
CLI::App& add_noun(CLI::App& app, const std::string& name, const std::string& summary);

/// `--request-key KEY`, for the retry of a change.
CLI::Option* add_request_key(CLI::App& verb, std::string& into);

/// Runs `run` with the options when the user chose `verb`.
template <class Options>
void on_choice(CLI::App& verb, command& chosen, const std::shared_ptr<Options>& options,
               exit_code (*run)(context&, const Options&)) {
    verb.callback([&chosen, options, run] { chosen = [options, run](context& io) { return run(io, *options); }; });
}
/// The same for what changes something: takes `--request-key`, which goes with the change.
template <class Options>
CLI::Option* on_change(CLI::App& verb, command& chosen, const std::shared_ptr<Options>& options,
                       exit_code (*run)(context&, const Options&)) {
    const auto key = std::make_shared<std::string>();
    verb.callback([&chosen, options, run, key] {
        chosen = [options, run, key](context& io) {
            io.request_key = *key;
            return run(io, *options);
        };
    });
    return add_request_key(verb, *key);
}
inline void on_choice(CLI::App& verb, command& chosen, exit_code (*run)(context&)) {
    verb.callback([&chosen, run] { chosen = run; });
}

/// `--name TEXT`, kept apart from a missing one even when TEXT is empty. `into` must outlive the parser.
CLI::Option* add_text(CLI::App& verb, const std::string& name, std::optional<std::string>& into,
                      const std::string& summary);
CLI::Option* add_number(CLI::App& verb, const std::string& name, std::optional<std::uint64_t>& into,
                        const std::string& summary);
/// From 1 up.
CLI::Option* add_positive(CLI::App& verb, const std::string& name, std::optional<std::uint64_t>& into,
                          const std::string& summary);
/// `--limit N`, 1 to 1000: what the daemon accepts.
CLI::Option* add_limit(CLI::App& verb, std::optional<std::uint64_t>& into);
/// Digits only: CLI11 alone would take -1 for a very large number.
CLI::Validator counting_number();
/// A band by letter or by name, made a capital letter.
CLI::Validator band_argument();

}  // namespace valhalla::ctl
