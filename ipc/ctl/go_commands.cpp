// SPDX-License-Identifier: Apache-2.0
//
// go checklist | next | done | undo | summary
#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

namespace json = boost::json;

void show_progress_of(context& io, const json::value& checklist) {
    const auto& steps = items(checklist, "steps");
    const auto done = std::ranges::count_if(steps, [](const auto& step) { return truth(step, "done"); });
    io.out.field("Playbook", {fmt::format("{} of {} steps done", done, steps.size()), tone::strong});
}

void show_steps(context& io, const json::value& checklist) {
    table rows{{{""}, {""}, {"", cut::clip}}};
    for (const auto& step : items(checklist, "steps")) {
        const bool done = truth(step, "done");
        const bool blocked = !text(step, "blocked").empty();
        const auto mark = done ? cell{"[x]", tone::good} : blocked ? cell{"[-]", tone::faint} : cell{"[ ]"};
        rows.add({mark, {text(step, "id"), blocked && !done ? tone::faint : tone::plain}, {text(step, "title")}});
    }
    io.out.print(rows);
    for (const auto& reason : items(checklist, "blocked_reasons")) {
        io.out.paragraph("[-] " + text_of(reason));
    }
}

void show_next(context& io, const json::value& next) {
    const auto& step = member(next, "next_step");
    if (!step.is_null()) {
        io.out.field("Next step", {text(step, "id"), tone::strong});
        io.out.under(text(step, "title"));
        if (const auto why = text(step, "why"); !why.empty()) {
            io.out.under(why);
        }
        return;
    }
    const auto message = text(next, "message");
    io.out.field("Next step", {"none", tone::faint}, message.empty() ? "" : ": " + message);
}

void show_where(context& io, const json::value& from) {
    const auto band = text(from, "cone_band");
    const auto status = text(from, "status");
    io.out.field("Band", {band_words(band), tone_of_band(band)});
    io.out.field("Health", {status, tone_of_level(status)});
}

exit_code checklist(context& io) {
    const auto result = io.call("go.checklist", "{}");
    if (!io.printed_as_json(result)) {
        show_where(io, result.value);
        show_progress_of(io, result.value);
        io.out.blank();
        show_steps(io, result.value);
    }
    return exit_code::done;
}

exit_code next(context& io) {
    const auto result = io.call("go.next_step", "{}");
    if (!io.printed_as_json(result)) {
        show_where(io, result.value);
        show_next(io, result.value);
    }
    return exit_code::done;
}

struct step_options {
    std::string step;
    std::optional<std::string> notes;
    std::optional<std::string> override_reason;
};

exit_code set_step(context& io, const step_options& options, bool done) {
    params p;
    p.text("step_id", options.step).flag("done", done).text_if("notes", options.notes);
    p.text_if("override", options.override_reason);
    const auto result = io.call("go.complete", p.done());
    if (!io.printed_as_json(result)) {
        const auto session = text(result.value, "session");
        io.out.paragraph(fmt::format("{} is {}{}.", text(result.value, "step_id"),
                                     truth(result.value, "done") ? "done" : "open again",
                                     session.empty() ? "" : ", in session #" + session));
    }
    return exit_code::done;
}

exit_code done(context& io, const step_options& options) {
    return set_step(io, options, true);
}
exit_code undo(context& io, const step_options& options) {
    return set_step(io, options, false);
}

exit_code summary(context& io) {
    const auto result = io.call("go.summary", "{}");
    if (io.printed_as_json(result)) {
        return exit_code::done;
    }
    // The program before nested the verdict in `health.status`, beside the cone; both forms are read.
    const auto& health = member(result.value, "health");
    const bool nested = member(health, "status").is_object();
    const auto& verdict = nested ? member(health, "status") : health;
    const auto& beside = member(result.value, "cone");
    const auto inside = member_span(result.text, "health");
    show_cone(io, beside.is_null() ? member(health, "cone") : beside,
              member_span(beside.is_null() ? inside : std::string_view{result.text}, "cone"));
    show_status(io, verdict);
    const auto& session = member(result.value, "session");
    io.out.field("Session", session_headline(session, io.now));
    if (const auto notes = text(session, "start_notes"); !notes.empty()) {
        io.out.under(notes);
    }
    show_progress_of(io, member(result.value, "checklist"));
    show_next(io, member(result.value, "next"));
    io.out.blank();
    show_steps(io, member(result.value, "checklist"));
    return exit_code::done;
}

}  // namespace

void add_go_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "go", "The guided playbook");
    on_choice(*noun.add_subcommand("checklist", "All steps: done, open, blocked"), chosen, checklist);
    on_choice(*noun.add_subcommand("next", "The step to do now"), chosen, next);
    {
        const auto o = std::make_shared<step_options>();
        auto& verb = *noun.add_subcommand("done", "Mark a step as done");
        verb.add_option("step", o->step, "Its id")->required()->type_name("STEP");
        add_text(verb, "--notes", o->notes, "How it went");
        add_text(verb, "--override", o->override_reason, "Do it although it is blocked, and why (owner)")
            ->type_name("REASON");
        on_change(verb, chosen, o, done);
    }
    {
        const auto o = std::make_shared<step_options>();
        auto& verb = *noun.add_subcommand("undo", "Open a step again");
        verb.add_option("step", o->step, "Its id")->required()->type_name("STEP");
        add_text(verb, "--notes", o->notes, "Why");
        on_change(verb, chosen, o, undo);
    }
    on_choice(*noun.add_subcommand("summary", "Session, next step, checklist, health and cone at one glance"), chosen,
              summary);
}

}  // namespace valhalla::ctl
