// SPDX-License-Identifier: Apache-2.0
//
// session start | status | end | note | list | show
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/limits.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::ctl {

namespace {

struct start_options {
    std::optional<std::string> notes;
    bool supersede = false;
};

exit_code start(context& io, const start_options& options) {
    auto notes = options.notes;
    if (!notes && io.ask) {
        notes = io.ask("Notes for this session (empty line for none): ");
    }
    params p;
    if (notes && !notes->empty()) {
        p.text("notes", *notes);
    }
    if (options.supersede) {
        p.text("if_active", "supersede");
    }
    const auto session = io.call("session.start", p.done());
    if (!io.printed_as_json(session)) {
        show_session(io, session.value);
    }
    return exit_code::done;
}

struct session_status_options {
    std::optional<std::string> whose;
};

exit_code status(context& io, const session_status_options& options) {
    const auto session = io.call("session.status", params{}.text_if("operator", options.whose).done());
    if (!io.printed_as_json(session)) {
        show_session(io, session.value);
    }
    return exit_code::done;
}

struct end_options {
    std::optional<std::string> notes;
    std::optional<std::uint64_t> id;
};

exit_code end(context& io, const end_options& options) {
    const auto session =
        io.call("session.end", params{}.text_if("notes", options.notes).number_if("id", options.id).done());
    if (!io.printed_as_json(session)) {
        show_session(io, session.value);
    }
    return exit_code::done;
}

struct note_options {
    std::string text;
};

/// The standard input, without the line break that ends it.
std::string note_of_input(context& io) {
    auto text = io.read_input(ipc::max_notes_bytes + 1);
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    if (!ipc::is_utf8(text) || text.find('\0') != std::string::npos) {
        throw fault{exit_code::wrong_usage, "the standard input is not UTF-8 text"};
    }
    if (text.empty()) {
        throw fault{exit_code::wrong_usage, "the standard input is empty, and a note is not"};
    }
    return text;
}

exit_code note(context& io, const note_options& options) {
    const auto what = options.text == "-" ? note_of_input(io) : options.text;
    const auto session = io.call("session.note", params{}.text("text", what).done());
    if (!io.printed_as_json(session)) {
        io.out.paragraph(fmt::format("Noted in session #{}.", text(session.value, "id")));
    }
    return exit_code::done;
}

struct session_list_options {
    std::optional<std::string> whose;
    bool active = false;
    std::optional<std::uint64_t> limit;
    std::optional<std::string> since;
    std::optional<std::string> until;
    std::optional<std::string> cursor;
};

void show_list(context& io, const boost::json::value& page) {
    table rows{{{"ID", cut::never, true},
                {"OPERATOR", cut::clip},
                {"STARTED (UTC)"},
                {"LASTED"},
                {"BAND"},
                {"HEALTH"},
                {"END"},
                {"NOTES", cut::clip}}};
    for (const auto& one : items(page, "items")) {
        const bool active = truth(one, "active");
        const auto begin = micros_of(text(one, "started_at_utc"));
        const auto stop = active ? std::optional{io.now} : micros_of(text(one, "ended_at_utc"));
        const auto band = text(one, "cone_band");
        const auto status = text(one, "status");
        rows.add({{text(one, "id")},
                  {text(one, "operator")},
                  {shown_minute(text(one, "started_at_utc"))},
                  {begin && stop ? shown_span(*stop - *begin) : ""},
                  {band, tone_of_band(band)},
                  {status, tone_of_level(status)},
                  active ? cell{"active", tone::strong} : cell{text(one, "end_reason")},
                  {text(one, "start_notes")}});
    }
    if (rows.rows().empty()) {
        io.out.paragraph("No sessions.", tone::faint);
    } else {
        io.out.print(rows);
    }
    if (const auto next = text(page, "next_cursor"); !next.empty()) {
        io.out.paragraph(fmt::format("More: add --cursor {}", next), tone::faint);
    }
}

exit_code list(context& io, const session_list_options& options) {
    params p;
    p.text_if("operator", options.whose);
    if (options.active) {
        p.flag("active", true);
    }
    p.number_if("limit", options.limit);
    if (options.since) {
        p.text("since", time_of_user(*options.since, io.now));
    }
    if (options.until) {
        p.text("until", time_of_user(*options.until, io.now));
    }
    p.text_if("cursor", options.cursor);
    const auto page = io.call("session.list", p.done());
    if (!io.printed_as_json(page)) {
        show_list(io, page.value);
    }
    return exit_code::done;
}

struct show_options {
    std::uint64_t id = 0;
};

void show_story(context& io, const boost::json::value& story) {
    const auto& records = member(story, "audit");
    io.out.field("Records", {fmt::format("{} to {}", text(records, "first"), text(records, "last"))});
    const auto& decisions = member(story, "decisions");
    io.out.field("Decisions", {fmt::format("{} allowed, {} denied", integer(decisions, "allowed").value_or(0),
                                           integer(decisions, "denied").value_or(0))});
    std::string_view label = "Steps done";
    for (const auto& step : items(story, "steps_done")) {
        io.out.field(label, {text_of(step)});
        label = "";
    }
    if (!items(story, "notes").empty()) {
        io.out.heading("Notes on the way");
    }
    for (const auto& one : items(story, "notes")) {
        const auto author = text(one, "author");
        io.out.paragraph(fmt::format("{} UTC, {}", shown_time(text(one, "ts_utc")), author), tone::faint);
        io.out.under(text(one, "text"));
    }
}

exit_code show(context& io, const show_options& options) {
    const auto session = io.call("session.get", params{}.number("id", options.id).done());
    if (!io.printed_as_json(session)) {
        show_session(io, session.value);
        show_story(io, member(session.value, "story"));
    }
    return exit_code::done;
}

void add_list(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<session_list_options>();
    auto& verb = *noun.add_subcommand("list", "Sessions, newest first");
    add_text(verb, "--operator", o->whose, "Only this operator's")->type_name("NAME");
    verb.add_flag("--active", o->active, "Only those that run");
    add_limit(verb, o->limit);
    add_text(verb, "--since", o->since, "Started then or later: a UTC time, or 3h for three hours ago")
        ->type_name("TIME");
    add_text(verb, "--until", o->until, "Started before then")->type_name("TIME");
    add_text(verb, "--cursor", o->cursor, "Go on where a list stopped")->type_name("CURSOR");
    on_choice(verb, chosen, o, list);
}

}  // namespace

void add_session_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "session", "Work sessions: start, follow, end");
    {
        const auto o = std::make_shared<start_options>();
        auto& verb = *noun.add_subcommand("start", "Start a session; cone and health are frozen into it");
        add_text(verb, "--notes", o->notes, "What it is about; asked for on a terminal");
        verb.add_flag("--supersede", o->supersede, "End the active session instead of refusing");
        on_change(verb, chosen, o, start);
    }
    {
        const auto o = std::make_shared<session_status_options>();
        auto& verb = *noun.add_subcommand("status", "Your session: the running one, else the latest");
        add_text(verb, "--operator", o->whose, "Another operator's")->type_name("NAME");
        on_choice(verb, chosen, o, status);
    }
    {
        const auto o = std::make_shared<end_options>();
        auto& verb = *noun.add_subcommand("end", "End your session");
        add_text(verb, "--notes", o->notes, "How it went");
        add_number(verb, "--id", o->id, "This session; another operator's needs an owner");
        on_change(verb, chosen, o, end);
    }
    {
        const auto o = std::make_shared<note_options>();
        auto& verb = *noun.add_subcommand("note", "Write a note into your running session");
        verb.add_option("text", o->text, "The note; - reads it from the standard input")->required()->type_name("TEXT");
        on_change(verb, chosen, o, note);
    }
    add_list(noun, chosen);
    {
        const auto o = std::make_shared<show_options>();
        auto& verb = *noun.add_subcommand("show", "A session and what happened in it");
        verb.add_option("id", o->id, "Its number")->required()->check(counting_number())->type_name("ID");
        on_choice(verb, chosen, o, show);
    }
}

}  // namespace valhalla::ctl
