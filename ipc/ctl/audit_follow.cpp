// SPDX-License-Identifier: Apache-2.0
//
// audit follow: records as they come, until Ctrl-C.
#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/follow_link.hpp"
#include "ipc/ctl/record_writer.hpp"
#include "ipc/ctl/trail_names.hpp"

namespace valhalla::ctl {

namespace {

struct follow_options {
    record_filter filter;
    std::optional<std::uint64_t> count;
    std::optional<record_format> format;
};

exit_code follow(context& io, const follow_options& options) {
    const auto format = options.format.value_or(io.json ? record_format::json : record_format::table);
    // What is asked on the way is asked while Ctrl-C still ends the program by itself.
    tell_unknown_names(io, options.filter);
    std::optional<record_writer> writer;
    if (format == record_format::cloudevents) {
        writer.emplace(io, format);
    }
    follow_link link{io, options.filter, io.process.interruption()};
    if (link.stopped()) {
        return exit_code::done;
    }
    if (!writer) {
        writer.emplace(io, format);
    }
    if (!io.flush()) {
        return exit_code::done;
    }
    for (std::uint64_t seen = 0; !options.count || seen < *options.count; ++seen) {
        const auto next = link.next();
        if (!next) {
            break;
        }
        writer->write(next->view());
        if (!io.flush()) {
            break;
        }
    }
    return exit_code::done;
}

}  // namespace

void add_audit_follow(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<follow_options>();
    auto& f = o->filter;
    auto& verb = *noun.add_subcommand("follow", "Records as they come, until Ctrl-C; waits for a daemon that restarts");
    add_number(verb, "--after", f.after, "Begin behind this one; 0 for all there are; else with the next one")
        ->type_name("SEQ");
    add_text(verb, "--event", f.event, "Only this event, like CONE_SET")->type_name("EVENT");
    add_number(verb, "--session", f.session, "Only of this session")->type_name("ID");
    add_text(verb, "--actor", f.actor, "Only by this one")->type_name("NAME");
    add_positive(verb, "--count", o->count, "End after so many records");
    add_record_format(verb, o->format);
    on_choice(verb, chosen, o, follow);
}

}  // namespace valhalla::ctl
