// SPDX-License-Identifier: Apache-2.0
//
// audit list | append
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/audit_view.hpp"
#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

struct list_options {
    std::optional<std::string> event;
    std::optional<std::uint64_t> session;
    std::optional<std::string> actor;
    std::optional<std::string> since;
    std::optional<std::string> until;
    std::optional<std::uint64_t> after;
    std::optional<std::uint64_t> before;
    std::optional<std::uint64_t> limit;
};

exit_code list(context& io, const list_options& options) {
    params p;
    p.text_if("event", options.event).number_if("session", options.session).text_if("actor", options.actor);
    if (options.since) {
        p.text("since", time_of_user(*options.since, io.now));
    }
    if (options.until) {
        p.text("until", time_of_user(*options.until, io.now));
    }
    p.number_if("after", options.after).number_if("before", options.before).number_if("limit", options.limit);
    const auto page = io.call("audit.list", p.done());
    if (io.printed_as_json(page)) {
        return exit_code::done;
    }
    if (items(page.value, "items").empty()) {
        io.out.paragraph("No records.", tone::faint);
    } else {
        show_records(io, page.value, record_time::point);
    }
    if (const auto next = text(page.value, "next_cursor"); !next.empty()) {
        const bool ascending = text(page.value, "order") == "ascending";
        io.out.paragraph(fmt::format("More: add --{} {}", ascending ? "after" : "before", next), tone::faint);
    }
    return exit_code::done;
}

struct append_options {
    std::string event;
    std::string payload;
};

exit_code append(context& io, const append_options& options) {
    params p;
    p.text("event", options.event).json("payload", json_object_of_user(options.payload, "the payload"));
    const auto recorded = io.call("audit.append", p.done());
    if (!io.printed_as_json(recorded)) {
        io.out.paragraph(fmt::format("Recorded as #{}.", text(recorded.value, "seq")));
    }
    return exit_code::done;
}

}  // namespace

void add_audit_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "audit", "The audit trail");
    {
        const auto o = std::make_shared<list_options>();
        auto& verb = *noun.add_subcommand("list", "Records, newest first; with --after oldest first");
        add_text(verb, "--event", o->event, "Only this event, like CONE_SET")->type_name("EVENT");
        add_number(verb, "--session", o->session, "Only of this session")->type_name("ID");
        add_text(verb, "--actor", o->actor, "Only by this one")->type_name("NAME");
        add_text(verb, "--since", o->since, "Then or later: a UTC time, or 3h for three hours ago")->type_name("TIME");
        add_text(verb, "--until", o->until, "Before then")->type_name("TIME");
        add_number(verb, "--after", o->after, "Records behind this one")->type_name("SEQ");
        add_number(verb, "--before", o->before, "Records in front of this one")->type_name("SEQ");
        add_limit(verb, o->limit);
        on_choice(verb, chosen, o, list);
    }
    {
        const auto o = std::make_shared<append_options>();
        auto& verb = *noun.add_subcommand("append", "Record an event of another program");
        verb.add_option("event", o->event, "Its name, beginning with X_")->required()->type_name("EVENT");
        verb.add_option("payload", o->payload, "A JSON object")->required()->type_name("JSON");
        on_choice(verb, chosen, o, append);
    }
}

}  // namespace valhalla::ctl
