// SPDX-License-Identifier: Apache-2.0
//
// status: how things stand, on one screen.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/audit_view.hpp"
#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::int64_t events_on_screen = 8;

exit_code status(context& io) {
    const auto daemon = io.call("daemon.info", "{}");
    const auto health = io.call("health.status", "{}");
    const auto session = io.call("session.status", "{}");
    const auto events = io.call("audit.list", params{}.number("limit", events_on_screen).done());
    if (io.json) {
        io.out.json_line(params{}
                             .json("daemon", daemon.text)
                             .json("health", health.text)
                             .json("session", session.text)
                             .json("events", events.text)
                             .done());
        return exit_code::done;
    }
    io.out.field("Daemon", {fmt::format("valhallad {}", text(daemon.value, "version"))},
                 fmt::format(", up {}; you are {} ({})", age_of(text(daemon.value, "started_at_utc"), io.now),
                             text(daemon.value, "operator"), text(daemon.value, "role")));
    show_cone(io, member(health.value, "cone"));
    show_status(io, health.value);
    io.out.field("Session", session_headline(session.value, io.now));
    if (const auto notes = text(session.value, "start_notes"); !notes.empty() && truth(session.value, "active")) {
        io.out.under(notes);
    }
    io.out.heading("Last events");
    show_records(io, events.value, record_time::age);
    return exit_code::done;
}

}  // namespace

void add_status_command(CLI::App& app, command& chosen) {
    on_choice(*app.add_subcommand("status", "One screen: band, health, your session, last events"), chosen, status);
}

}  // namespace valhalla::ctl
