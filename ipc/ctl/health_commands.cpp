// SPDX-License-Identifier: Apache-2.0
//
// health show | report | clear, thresholds show | set
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

namespace json = boost::json;

void show_signal(context& io, const json::value& signal) {
    const auto level = text(signal, "level");
    const auto expires = micros_of(text(signal, "expires_at_utc"));
    const auto left = !expires             ? std::string{}
                      : *expires <= io.now ? ", stale"
                                           : ", good for " + shown_span(*expires - io.now);
    io.out.field(level, {text(signal, "source"), tone_of_level(level)},
                 fmt::format(", {} ago by {}{}", age_of(text(signal, "reported_at_utc"), io.now),
                             text(signal, "reporter"), left));
    if (const auto message = text(signal, "message"); !message.empty()) {
        io.out.under(message);
    }
}

void show_signals(context& io, const json::value& health) {
    if (items(health, "signals").empty()) {
        return;
    }
    io.out.heading("Signals");
    for (const auto& signal : items(health, "signals")) {
        show_signal(io, signal);
    }
}

void show_health(context& io, const answer& answered) {
    const auto& health = answered.value;
    show_status(io, health);
    show_cone(io, member(health, "cone"), member_span(answered.text, "cone"));
    const auto& stats = member(health, "decision_stats");
    if (!stats.is_null()) {
        io.out.field("Decisions",
                     {fmt::format("{} allowed, {} denied ({:.1f}% denied) in the last {} records",
                                  integer(stats, "allowed").value_or(0), integer(stats, "denied").value_or(0),
                                  real(stats, "deny_rate").value_or(0) * 100, integer(stats, "window").value_or(0))});
    }
    if (const auto failed = integer(member(health, "jobs"), "failed")) {
        io.out.field("Jobs", {fmt::format("{} failed", *failed)});
    }
    if (const auto unhandled = integer(member(health, "exceptions"), "unhandled")) {
        io.out.field("Exceptions", {fmt::format("{} unhandled", *unhandled)});
    }
    if (const auto* self = member(health, "self").if_object(); self != nullptr && !self->empty()) {
        io.out.field("Daemon", {in_one_line(member_span(answered.text, "self"))});
    }
    show_signals(io, health);
}

exit_code answered(context& io, const answer& health) {
    if (!io.printed_as_json(health)) {
        show_health(io, health);
    }
    return exit_code::done;
}

exit_code show_status(context& io) {
    return answered(io, io.call("health.status", "{}"));
}

struct report_options {
    std::string source;
    std::string level;
    std::optional<std::string> message;
    std::optional<std::string> ttl;
};

exit_code report(context& io, const report_options& options) {
    params p;
    p.text("source", options.source).text("level", options.level).text_if("message", options.message);
    if (options.ttl) {
        const auto seconds = parse_span(*options.ttl);
        if (!seconds) {
            throw fault{exit_code::wrong_usage,
                        fmt::format("--ttl: '{}' is not a time span: write 90 (seconds), 15m, 3h or 2d", *options.ttl)};
        }
        p.number("ttl_s", *seconds);
    }
    return answered(io, io.call("health.report", p.done()));
}

struct clear_options {
    std::string source;
};

exit_code clear(context& io, const clear_options& options) {
    return answered(io, io.call("health.clear", params{}.text("source", options.source).done()));
}

void show_thresholds(context& io, const answer& thresholds) {
    table rows{{{"THRESHOLD"}, {"VALUE", cut::never, true}}};
    for (const auto& [name, text] : members_of(thresholds.text)) {
        const auto value = shown(text);
        rows.add({{name}, {value, tone_of_level(value)}});
    }
    io.out.print(rows);
}

exit_code thresholds_show(context& io) {
    const auto thresholds = io.call("thresholds.get", "{}");
    if (!io.printed_as_json(thresholds)) {
        show_thresholds(io, thresholds);
    }
    return exit_code::done;
}

struct thresholds_options {
    std::vector<std::string> changes;
};

/// A number as it was typed, anything else as a string: the daemon knows which threshold wants what.
std::string threshold_value(const std::string& typed) {
    boost::system::error_code error;
    const auto value = json::parse(typed, error);
    return !error && value.is_number() ? typed : json_string(typed);
}

exit_code thresholds_set(context& io, const thresholds_options& options) {
    params p;
    std::set<std::string> names;
    for (const auto& change : options.changes) {
        const auto equals = change.find('=');
        const auto name = change.substr(0, equals);
        const bool is_name = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
        if (equals == std::string::npos || name.empty() || !is_name || equals + 1 == change.size()) {
            throw fault{exit_code::wrong_usage, fmt::format("'{}' is not NAME=VALUE, like deny_rate_red=0.35", change)};
        }
        if (!names.insert(name).second) {
            throw fault{exit_code::wrong_usage, fmt::format("{} is given twice", name)};
        }
        p.json(name, threshold_value(change.substr(equals + 1)));
    }
    const auto thresholds = io.call("thresholds.set", p.done());
    if (!io.printed_as_json(thresholds)) {
        show_thresholds(io, thresholds);
    }
    return exit_code::done;
}

}  // namespace

void add_health_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "health", "Health: green, yellow or red, and why");
    on_choice(*noun.add_subcommand("show", "The status, its reasons and everything it rests on"), chosen, show_status);
    {
        const auto o = std::make_shared<report_options>();
        auto& verb = *noun.add_subcommand("report", "Report how a source is doing");
        verb.add_option("source", o->source, "Who reports, like jobs.nightly")->required()->type_name("SOURCE");
        verb.add_option("level", o->level, "green, yellow or red")
            ->required()
            ->check(CLI::IsMember({"green", "yellow", "red"}))
            ->type_name("LEVEL");
        add_text(verb, "--message", o->message, "What is the matter");
        add_text(verb, "--ttl", o->ttl, "How long it holds: 90 (seconds), 15m, 3h, 2d; stale afterwards")
            ->type_name("SPAN");
        on_change(verb, chosen, o, report);
    }
    {
        const auto o = std::make_shared<clear_options>();
        auto& verb = *noun.add_subcommand("clear", "Forget what a source reported");
        verb.add_option("source", o->source, "The source")->required()->type_name("SOURCE");
        on_change(verb, chosen, o, clear);
    }
    auto& limits = add_noun(app, "thresholds", "The figures that turn facts into a health status");
    on_choice(*limits.add_subcommand("show", "All of them"), chosen, thresholds_show);
    const auto o = std::make_shared<thresholds_options>();
    auto& verb = *limits.add_subcommand("set", "Change some of them (owner)");
    verb.add_option("changes", o->changes, "Like deny_rate_red=0.35 band_c_status=yellow")
        ->required()
        ->type_name("NAME=VALUE");
    on_change(verb, chosen, o, thresholds_set);
}

}  // namespace valhalla::ctl
