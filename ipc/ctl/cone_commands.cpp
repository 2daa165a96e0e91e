// SPDX-License-Identifier: Apache-2.0
//
// cone show | set | history, decide, canon
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

namespace json = boost::json;

exit_code show_state(context& io) {
    const auto cone = io.call("cone.state", "{}");
    if (!io.printed_as_json(cone)) {
        show_cone(io, cone.value, cone.text);
    }
    return exit_code::done;
}

struct set_options {
    std::string band;
    std::string reason;
    std::optional<std::string> metrics;
};

exit_code set(context& io, const set_options& options) {
    params p;
    p.text("band", options.band).text("reason", options.reason);
    if (options.metrics) {
        p.json("metrics", json_object_of_user(*options.metrics, "--metrics"));
    }
    const auto cone = io.call("cone.set", p.done());
    if (!io.printed_as_json(cone)) {
        show_cone(io, cone.value, cone.text);
    }
    return exit_code::done;
}

struct history_options {
    std::optional<std::uint64_t> limit;
    std::optional<std::string> cursor;
};

exit_code history(context& io, const history_options& options) {
    params p;
    p.number_if("limit", options.limit).text_if("cursor", options.cursor);
    const auto page = io.call("cone.history", p.done());
    if (io.printed_as_json(page)) {
        return exit_code::done;
    }
    table rows{{{"SEQ", cut::never, true}, {"SINCE (UTC)"}, {"BAND"}, {"SET BY", cut::clip}, {"REASON", cut::clip}}};
    for (const auto& one : items(page.value, "items")) {
        const auto band = text(one, "band");
        rows.add({{text(one, "seq")},
                  {shown_time(text(one, "updated_at_utc"))},
                  {band_words(band), tone_of_band(band)},
                  {text(one, "set_by")},
                  {text(one, "reason")}});
    }
    io.out.print(rows);
    if (const auto next = text(page.value, "next_cursor"); !next.empty()) {
        io.out.paragraph(fmt::format("More: add --cursor {}", next), tone::faint);
    }
    return exit_code::done;
}

struct decide_options {
    std::string engine;
    std::string action;
    bool explain = false;
    std::optional<std::string> band;
    std::optional<std::string> health;
};

void show_verdict(context& io, const json::value& verdict) {
    const bool allowed = truth(verdict, "allowed");
    io.out.field("Verdict", allowed ? cell{"allowed", tone::good} : cell{"denied", tone::bad},
                 fmt::format(": {} {} in band {}", text(verdict, "engine"), text(verdict, "action"),
                             band_words(text(verdict, "band"))));
    if (const auto reason = text(verdict, "reason"); !reason.empty()) {
        io.out.field("Reason", {reason});
    }
    io.out.field("Rule", {text(verdict, "rule")});
    if (const auto other = text(verdict, "allowed_in"); !other.empty()) {
        io.out.field("Allowed in", {"band " + band_words(other)});
    } else if (!allowed) {
        io.out.field("Allowed in", {"no band"});
    }
    const auto id = text(verdict, "decision_id");
    io.out.field("Decision", {id.empty() ? "none recorded: this was a question" : "#" + id, tone::faint});
}

exit_code decide(context& io, const decide_options& options) {
    params p;
    p.text("engine", options.engine).text("action", options.action);
    if (options.explain) {
        p.text_if("band", options.band).text_if("health", options.health);
    }
    const auto verdict = io.call(options.explain ? "cone.explain" : "cone.decide", p.done());
    if (!io.printed_as_json(verdict)) {
        show_verdict(io, verdict.value);
    }
    return truth(verdict.value, "allowed") ? exit_code::done : exit_code::denied;
}

std::string joined(const json::array& words) {
    std::string line;
    for (const auto& word : words) {
        line += (line.empty() ? "" : ", ") + text_of(word);
    }
    return line.empty() ? "-" : line;
}

void show_engines(context& io, const json::value& canon) {
    table rows{{{"ENGINE", cut::clip}, {"CLASS"}, {"OPTIMIZE"}, {"YEAR 1"}, {"CAP (USD)", cut::never, true}}};
    for (const auto& engine : items(canon, "engines")) {
        const auto cap = real(engine, "hard_cap_usd");
        rows.add({{text(engine, "name")},
                  {text(engine, "class")},
                  {truth(engine, "allow_optimization") ? "yes" : "no"},
                  {truth(engine, "year1_allowed") ? "yes" : "no"},
                  {cap ? fmt::format("{:.0f}", *cap) : "-"}});
    }
    io.out.print(rows);
}

void show_matrix(context& io, const json::value& canon) {
    const auto& allowed = member(canon, "allowed");
    std::vector<column> columns{{"CLASS"}};
    const auto* bands = allowed.if_object();
    if (bands == nullptr) {
        return;
    }
    for (const auto& band : *bands) {
        columns.push_back({band_words({band.key().data(), band.key().size()}), cut::clip});
    }
    table rows{columns};
    for (const auto& klass : items(canon, "classes")) {
        const auto name = text_of(klass);
        std::vector<cell> row{{name}};
        for (const auto& band : *bands) {
            row.push_back({joined(items(band.value(), name))});
        }
        rows.add(std::move(row));
    }
    io.out.print(rows);
}

exit_code canon(context& io) {
    const auto canon = io.call("canon.get", "{}");
    if (io.printed_as_json(canon)) {
        return exit_code::done;
    }
    io.out.field("Policy", {text(canon.value, "source")});
    io.out.field("SHA-256", {text(canon.value, "sha256")});
    io.out.heading("Engines");
    show_engines(io, canon.value);
    io.out.heading("Allowed actions by band");
    show_matrix(io, canon.value);
    return exit_code::done;
}

}  // namespace

void add_cone_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "cone", "The governance band: A expansion, B caution, C stabilize, D survival");
    on_choice(*noun.add_subcommand("show", "The band in force, its reason and metrics"), chosen, show_state);
    {
        const auto o = std::make_shared<set_options>();
        auto& verb = *noun.add_subcommand("set", "Set the band (owner)");
        verb.add_option("band", o->band, "A, B, C or D, or its name")
            ->required()
            ->transform(band_argument())
            ->type_name("BAND");
        verb.add_option("--reason", o->reason, "Why")->required()->type_name("TEXT");
        add_text(verb, "--metrics", o->metrics, "Figures behind it, a JSON object")->type_name("JSON");
        on_change(verb, chosen, o, set);
    }
    {
        const auto o = std::make_shared<history_options>();
        auto& verb = *noun.add_subcommand("history", "The bands there were, newest first");
        add_limit(verb, o->limit);
        add_text(verb, "--cursor", o->cursor, "Go on where a list stopped")->type_name("CURSOR");
        on_choice(verb, chosen, o, history);
    }
    {
        const auto o = std::make_shared<decide_options>();
        auto& verb = *app.add_subcommand("decide", "May ENGINE do ACTION now? Recorded; exit code 4 when denied");
        verb.add_option("engine", o->engine, "An engine of the canon")->required()->type_name("ENGINE");
        verb.add_option("action", o->action, "run, scale, optimize, …")->required()->type_name("ACTION");
        auto* explain = verb.add_flag("--explain", o->explain, "Only ask: nothing is recorded");
        add_text(verb, "--band", o->band, "With --explain: as if this band were in force")
            ->needs(explain)
            ->transform(band_argument())
            ->type_name("BAND");
        add_text(verb, "--health", o->health, "With --explain: as if health were so")
            ->needs(explain)
            ->check(CLI::IsMember({"green", "yellow", "red"}))
            ->type_name("LEVEL");
        on_change(verb, chosen, o, decide)->excludes(explain);
    }
    on_choice(*app.add_subcommand("canon", "Engines, classes and which actions each band allows"), chosen, canon);
}

}  // namespace valhalla::ctl
