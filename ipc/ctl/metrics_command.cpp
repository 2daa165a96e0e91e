// SPDX-License-Identifier: Apache-2.0
//
// metrics: what the daemon counts and measures, as Prometheus reads it.
#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

exit_code show_metrics(context& io) {
    const auto answer = io.call("daemon.metrics", "{}");
    if (!io.printed_as_json(answer)) {
        io.out.verbatim(text(answer.value, "text"));
    }
    return exit_code::done;
}

}  // namespace

void add_metrics_command(CLI::App& app, command& chosen) {
    auto& verb = *app.add_subcommand("metrics", "What the daemon counts and measures, in Prometheus's format");
    on_choice(verb, chosen, show_metrics);
}

}  // namespace valhalla::ctl
