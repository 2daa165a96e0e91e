// SPDX-License-Identifier: Apache-2.0
//
// operator lock | unlock | locks, key create | list | revoke
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/trail_names.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

namespace json = boost::json;

/// Seconds of a span as people write it; a `fault` that names the option for anything else.
void add_span(params& p, const char* option, const std::optional<std::string>& span) {
    if (!span) {
        return;
    }
    const auto seconds = parse_span(*span);
    if (!seconds) {
        throw fault{exit_code::wrong_usage,
                    fmt::format("{}: '{}' is not a time span: write 90 (seconds), 15m, 3h or 2d", option, *span)};
    }
    p.number("ttl_s", *seconds);
}

std::string until_words(const json::value& one, std::string_view member, const context& io, std::string_view never) {
    const auto until = micros_of(text(one, member));
    if (!until) {
        return std::string{never};
    }
    return *until <= io.now ? "over" : "in " + shown_span(*until - io.now);
}

// --- operator -------------------------------------------------------------------------------------------------

struct lock_options {
    std::string whom;
    std::string reason;
    std::optional<std::string> span;
};

exit_code lock(context& io, const lock_options& options) {
    params p;
    p.text("operator", options.whom).text("reason", options.reason);
    add_span(p, "--for", options.span);
    const auto done = io.call("operator.lock", p.done());
    tell_unknown_operator(io, options.whom);
    if (io.printed_as_json(done)) {
        return exit_code::done;
    }
    const auto until = text(done.value, "until_utc");
    io.out.paragraph(fmt::format("{} is locked {}.", text(done.value, "operator"),
                                 until.empty() ? "until an owner lifts it" : "until " + shown_time(until) + " UTC"));
    if (const auto session = text(done.value, "session"); !session.empty()) {
        io.out.paragraph(fmt::format("Session #{} still runs; 'session end --id {}' ends it.", session, session));
    }
    return exit_code::done;
}

struct unlock_options {
    std::string whom;
    std::optional<std::string> reason;
};

exit_code unlock(context& io, const unlock_options& options) {
    const auto done =
        io.call("operator.unlock", params{}.text("operator", options.whom).text_if("reason", options.reason).done());
    if (!io.printed_as_json(done)) {
        io.out.paragraph(fmt::format("{} is unlocked, after {}.", text(done.value, "operator"),
                                     age_of(text(done.value, "since_utc"), io.now)));
    }
    return exit_code::done;
}

exit_code locks(context& io) {
    const auto all = io.call("operator.locks", "{}");
    if (io.printed_as_json(all)) {
        return exit_code::done;
    }
    table rows{{{"OPERATOR", cut::clip},
                {"SINCE (UTC)"},
                {"ENDS"},
                {"BY", cut::clip},
                {"SESSION", cut::never, true},
                {"REASON", cut::clip}}};
    for (const auto& one : items(all.value, "items")) {
        const auto session = text(one, "session");
        rows.add({{text(one, "operator"), tone::strong},
                  {shown_minute(text(one, "since_utc"))},
                  {until_words(one, "until_utc", io, "when lifted")},
                  {text(one, "locked_by")},
                  {session.empty() ? "" : "#" + session},
                  {text(one, "reason")}});
    }
    if (rows.rows().empty()) {
        io.out.paragraph("Nobody is locked.", tone::faint);
    } else {
        io.out.print(rows);
    }
    return exit_code::done;
}

// --- key ------------------------------------------------------------------------------------------------------

struct create_options {
    std::string name;
    std::string role;
    std::optional<std::string> span;
    bool quiet = false;
};

exit_code create(context& io, const create_options& options) {
    params p;
    p.text("name", options.name).text("role", options.role);
    add_span(p, "--for", options.span);
    const auto made = io.call("key.create", p.done());
    if (io.printed_as_json(made)) {
        return exit_code::done;
    }
    if (member(made.value, "key").is_null()) {  // a retry: the answer that was lost had it
        const auto id = text(made.value, "id");
        throw fault{exit_code::refused, fmt::format("key {} was made by the first request, and its text is lost", id),
                    fmt::format("revoke it with 'valhallactl key revoke {}', then make another", id)};
    }
    if (options.quiet) {
        io.out.line(text(made.value, "key"), "\n");
        return exit_code::done;
    }
    io.out.field("Id", {text(made.value, "id")});
    io.out.field("Name", {text(made.value, "name")}, ", " + text(made.value, "role"));
    const auto expires = text(made.value, "expires_at_utc");
    io.out.field("Expires", {expires.empty() ? "never" : shown_time(expires) + " UTC"});
    io.out.paragraph("The key is on the next line. It is kept nowhere and cannot be shown again.");
    io.out.line(text(made.value, "key"), "\n");
    return exit_code::done;
}

exit_code list(context& io) {
    const auto all = io.call("key.list", "{}");
    if (io.printed_as_json(all)) {
        return exit_code::done;
    }
    table rows{{{"ID"}, {"NAME", cut::clip}, {"ROLE"}, {"CREATED (UTC)"}, {"BY", cut::clip}, {"EXPIRES"}}};
    for (const auto& one : items(all.value, "items")) {
        const bool expired = truth(one, "expired");
        rows.add({{text(one, "id")},
                  {text(one, "name")},
                  {text(one, "role")},
                  {shown_minute(text(one, "created_utc"))},
                  {text(one, "created_by")},
                  expired ? cell{"expired", tone::warn} : cell{until_words(one, "expires_at_utc", io, "never")}});
    }
    if (rows.rows().empty()) {
        io.out.paragraph("No keys.", tone::faint);
    } else {
        io.out.print(rows);
    }
    return exit_code::done;
}

struct revoke_options {
    std::string id;
    std::optional<std::string> reason;
};

exit_code revoke(context& io, const revoke_options& options) {
    const auto done = io.call("key.revoke", params{}.text("id", options.id).text_if("reason", options.reason).done());
    if (!io.printed_as_json(done)) {
        io.out.paragraph(
            fmt::format("Key {} of {} opens nothing any more.", text(done.value, "id"), text(done.value, "name")));
    }
    return exit_code::done;
}

void add_operator(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "operator", "Locks, which keep operators from beginning anything new");
    {
        const auto o = std::make_shared<lock_options>();
        auto& verb = *noun.add_subcommand("lock", "Lock an operator: what runs goes on, nothing new begins (owner)");
        verb.add_option("operator", o->whom, "Who")->required()->type_name("NAME");
        verb.add_option("reason", o->reason, "Why; they are told")->required()->type_name("TEXT");
        add_text(verb, "--for", o->span, "How long: 90 (seconds), 15m, 3h, 2d; else until an owner lifts it")
            ->type_name("SPAN");
        on_change(verb, chosen, o, lock);
    }
    {
        const auto o = std::make_shared<unlock_options>();
        auto& verb = *noun.add_subcommand("unlock", "Lift a lock (owner)");
        verb.add_option("operator", o->whom, "Who")->required()->type_name("LOCKED");
        add_text(verb, "--reason", o->reason, "Why");
        on_change(verb, chosen, o, unlock);
    }
    on_choice(*noun.add_subcommand("locks", "Who is locked, and why"), chosen, locks);
}

void add_key(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "key", "Keys, for programs and people who are not users of this system");
    {
        const auto o = std::make_shared<create_options>();
        auto& verb = *noun.add_subcommand("create", "Make a key; it is shown this once (owner)");
        verb.add_option("name", o->name, "Who acts with it")->required()->type_name("NAME");
        verb.add_option("role", o->role, "What they may do")
            ->required()
            ->check(CLI::IsMember({"viewer", "operator", "owner"}))
            ->type_name("ROLE");
        add_text(verb, "--for", o->span, "How long it holds: 90 (seconds), 15m, 3h, 2d; else for ever")
            ->type_name("SPAN");
        verb.add_flag("--quiet", o->quiet, "Print the key and nothing else");
        on_change(verb, chosen, o, create);
    }
    on_choice(*noun.add_subcommand("list", "The keys that are not revoked, without their secrets (owner)"), chosen,
              list);
    {
        const auto o = std::make_shared<revoke_options>();
        auto& verb = *noun.add_subcommand("revoke", "End a key (owner)");
        verb.add_option("id", o->id, "Its id, as 'key list' shows it")->required()->type_name("KEY");
        add_text(verb, "--reason", o->reason, "Why");
        on_change(verb, chosen, o, revoke);
    }
}

}  // namespace

void add_access_commands(CLI::App& app, command& chosen) {
    add_operator(app, chosen);
    add_key(app, chosen);
}

}  // namespace valhalla::ctl
