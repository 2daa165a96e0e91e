// SPDX-License-Identifier: Apache-2.0
//
// Every request that was recorded from the program before, driven through the same operations here, and every answer
// compared. Where this one answers differently on purpose, the table below says so; a difference that no longer occurs,
// or that is not in the table, fails.
#include <array>
#include <fstream>
#include <map>

#include <boost/json.hpp>

#include "daemon/governor/checklist.hpp"
#include "daemon/governor/health.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

namespace json = boost::json;

/// Deliberate differences. "before" is what the recorded program did.
enum class difference : std::uint8_t {
    start_supersedes,      ///< before: a start over a running session lost it. Now: it is kept, ended as superseded.
    nothing_to_end,        ///< before: an end without a session stamped a new end time. Now: no_active_session.
    unknown_action,        ///< before: an action that nobody knows was denied and counted. Now: unknown_action.
    fewer_denials_counted  ///< follows from the one above: its denials are missing in the deny window.
    // Not visible in the recording, which never looks while it is in band D: bands C and D bear on health now,
    // and an engine that nobody knows is refused as unknown_engine, where the program before failed.
};

struct expected_difference {
    int line;  ///< of rest-transcript.jsonl
    difference what;
};

constexpr std::array deliberate_differences{
    expected_difference{7, difference::nothing_to_end},
    expected_difference{8, difference::nothing_to_end},
    expected_difference{13, difference::nothing_to_end},
    expected_difference{18, difference::unknown_action},
    expected_difference{20, difference::start_supersedes},
    expected_difference{29, difference::fewer_denials_counted},
    expected_difference{30, difference::nothing_to_end},
    expected_difference{35, difference::unknown_action},
    expected_difference{42, difference::fewer_denials_counted},
    expected_difference{44, difference::nothing_to_end},
    expected_difference{50, difference::fewer_denials_counted},
    expected_difference{51, difference::nothing_to_end},
    expected_difference{53, difference::fewer_denials_counted},
    expected_difference{55, difference::unknown_action},
    expected_difference{56, difference::nothing_to_end},
    expected_difference{59, difference::fewer_denials_counted},
    expected_difference{60, difference::fewer_denials_counted},
    expected_difference{62, difference::fewer_denials_counted},
};

template <class Write>
json::value rendered(Write write) {
    std::string text;
    json_writer writer{text};
    write(writer);
    return json::parse(text);
}

json::value json_of(const session* s) {
    return rendered([s](json_writer& w) {
        w.begin_object();
        write_session_fields(w, s != nullptr ? *s : session{});
        w.end_object();
    });
}

json::value json_of(const cone& c) {
    return rendered([&](json_writer& w) { write_cone(w, c); });
}

json::value json_of(const thresholds& t) {
    return rendered([&](json_writer& w) { write_thresholds(w, t, threshold_set::compatible); });
}

json::value json_of(const playbook_step& step, const state& s) {
    const auto it = s.progress->find(step.id);
    const bool known = it != s.progress->end();
    const bool noted = known && it->second.notes.has_value();
    return {{"id", step.id},
            {"title", step.title},
            {"why", step.why},
            {"band_min", band_letter(step.band_min)},
            {"blocked_if_red", step.blocked_if_red},
            {"done", known && it->second.done},
            {"notes", noted ? json::value(*it->second.notes) : json::value(nullptr)}};
}

json::value checklist(const state& s) {
    json::array steps;
    for (const playbook_step& step : s.steps->steps) {
        steps.push_back(json_of(step, s));
    }
    json::array reasons;
    for (const auto& reason : blocked_reasons(s)) {
        reasons.emplace_back(reason);
    }
    return {{"cone_band", band_letter(s.current_cone->in_force)},
            {"status", to_text(s.health->status)},
            {"steps", std::move(steps)},
            {"blocked_reasons", std::move(reasons)}};
}

json::value next_answer(const state& s) {
    const playbook_step* const next = next_step(*s.steps, *s.progress, s.current_cone->in_force, s.health->status);
    return {{"cone_band", band_letter(s.current_cone->in_force)},
            {"status", to_text(s.health->status)},
            {"next_step", next != nullptr ? json_of(*next, s) : json::value(nullptr)},
            {"message", next_step_message(s)}};
}

json::value status(const state& s) {
    json::array reasons;
    for (const auto& reason : s.health->reasons) {
        reasons.emplace_back(reason);
    }
    return {{"status", to_text(s.health->status)},
            {"reasons", std::move(reasons)},
            {"cone", json_of(*s.current_cone)},
            {"jobs", {{"total", 0}, {"failed", reported_count(*s.signals, failed_jobs_source).value_or(0)}}},
            {"decision_stats",
             {{"window", {{"lines", deny_window_size}}},
              {"counts",
               {{"allow", s.decisions.allowed()}, {"deny", s.decisions.denied()}, {"total", s.decisions.decisions()}}},
              {"deny_rate", s.decisions.deny_rate()},
              {"warnings", json::array{}}}},
            {"thresholds", json_of(*s.limits)}};
}

json::value summary(const state& s) {
    return {{"session", json_of(s.sessions->latest.get())},
            {"next", next_answer(s)},
            {"checklist", checklist(s)},
            {"health", {{"status", status(s)}, {"cone", json_of(*s.current_cone)}}}};
}

std::map<std::string, std::string> query_of(std::string_view path) {
    std::map<std::string, std::string> out;
    for (auto at = path.find('?'); at != std::string_view::npos;) {
        const auto end = path.find('&', at + 1);
        const std::string_view pair = path.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        const auto equals = pair.find('=');
        out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
        at = end;
    }
    return out;
}

std::optional<std::string> notes_in(const json::value& body) {
    const json::value* const notes = body.is_object() ? body.as_object().if_contains("notes") : nullptr;
    return notes != nullptr && notes->is_string() ? std::optional{std::string{notes->as_string()}} : std::nullopt;
}

/// The answer, or the refusal's kind.
using response = std::variant<json::value, refusal_kind>;

class driver {
  public:
    response send(const std::string& path, const json::value& body) {
        const std::string route = path.substr(0, path.find('?'));
        const auto query = query_of(path);
        if (route == "/core/go/start_session") {
            return session_answer(commands::start_session{notes_in(body), true});
        }
        if (route == "/core/go/end_session") {
            return session_answer(commands::end_session{notes_in(body), {}});
        }
        if (route == "/core/go/complete") {
            return complete(body);
        }
        if (route == "/core/cone/decide") {
            return decide(query.at("engine"), query.at("action"));
        }
        if (route == "/core/cone/state" && !query.empty()) {
            const band to = parse_band(query.at("band")).value();
            return json_of(*w_.answer_of<answers::cone>(commands::set_cone{to, query.at("reason"), "{}"}));
        }
        return read(route);
    }

    world& inside() noexcept { return w_; }

  private:
    response read(const std::string& route) {
        const state& s = w_.s;
        if (route == "/core/cone/state") {
            return json_of(*s.current_cone);
        }
        if (route == "/core/go/session") {
            return json_of(s.sessions->latest.get());
        }
        if (route == "/core/go/checklist") {
            return checklist(s);
        }
        if (route == "/core/go/next_step") {
            return next_answer(s);
        }
        if (route == "/core/go/summary") {
            return summary(s);
        }
        if (route == "/core/status/ryg") {
            return status(s);
        }
        BOOST_REQUIRE_MESSAGE(route == "/core/config/thresholds", "no operation for " << route);
        return json_of(*s.limits);
    }

    response session_answer(const command& c) {
        outcome out = w_.run(c, w_.as("anna"));
        if (out.refused()) {
            return std::get<refusal>(out.result).kind;
        }
        return json_of(std::get<answers::session>(std::get<answer>(out.result)).get());
    }

    response complete(const json::value& body) {
        const auto step = w_.answer_of<answers::step>(commands::set_step{
            std::string{body.at("step_id").as_string()}, body.at("done").as_bool(), notes_in(body), std::nullopt});
        return json::value{{"ok", true},
                           {"step_id", step.step_id},
                           {"done", step.now.done},
                           {"notes", step.now.notes ? json::value(*step.now.notes) : json::value(nullptr)}};
    }

    response decide(const std::string& engine, const std::string& action) {
        outcome out = w_.run(commands::decide{engine, action}, w_.as("anna"));
        if (out.refused()) {
            return std::get<refusal>(out.result).kind;
        }
        const judged& v = std::get<answers::decision>(std::get<answer>(out.result)).what.what->said();
        return json::value{{"allowed", v.allowed},
                           {"band", band_letter(v.in_band)},
                           {"engine", v.engine},
                           {"action", v.action},
                           {"reason", v.reason}};
    }

    world w_;
};

/// Paths at which the two differ. `<text>` and `<ts>` in the recording stand for any text and any time.
void compare(const json::value& recorded, const json::value& got, const std::string& path,
             std::vector<std::string>& out) {
    if (recorded.is_string() && (recorded.as_string() == "<text>" || recorded.as_string() == "<ts>")) {
        const bool fits = got.is_string() && !got.as_string().empty() &&
                          (recorded.as_string() == "<text>" || parse_utc(std::string{got.as_string()}));
        if (!fits) {
            out.push_back(path);
        }
    } else if (recorded.is_object() && got.is_object()) {
        for (const auto& [key, value] : recorded.as_object()) {
            const json::value* const here = got.as_object().if_contains(key);
            here != nullptr ? compare(value, *here, path + "/" + std::string{key}, out)
                            : out.push_back(path + "/" + std::string{key});
        }
        if (recorded.as_object().size() != got.as_object().size()) {
            out.push_back(path);
        }
    } else if (recorded.is_array() && got.is_array() && recorded.as_array().size() == got.as_array().size()) {
        for (std::size_t i = 0; i < got.as_array().size(); ++i) {
            compare(recorded.as_array()[i], got.as_array()[i], path + "/" + std::to_string(i), out);
        }
    } else if (recorded != got) {
        out.push_back(path);
    }
}

std::vector<std::string> differences(const json::value& recorded, const json::value& got) {
    std::vector<std::string> out;
    compare(recorded, got, "", out);
    return out;
}

std::string listed(const std::vector<std::string>& paths) {
    std::string out;
    for (const std::string& path : paths) {
        out += path + " ";
    }
    return out;
}

void check_difference(difference what, const json::value& recorded, const response& got, const world& after) {
    switch (what) {
        case difference::start_supersedes: {
            BOOST_REQUIRE(std::holds_alternative<json::value>(got));
            BOOST_TEST(listed(differences(recorded, std::get<json::value>(got))) == "");
            BOOST_TEST(after.newest<events::session_ended>(1).reason == end_reason::superseded);
            return;
        }
        case difference::nothing_to_end: {
            BOOST_REQUIRE(std::holds_alternative<refusal_kind>(got));
            BOOST_TEST(std::get<refusal_kind>(got) == refusal_kind::no_active_session);
            return;
        }
        case difference::unknown_action: {
            BOOST_REQUIRE(std::holds_alternative<refusal_kind>(got));
            BOOST_TEST(std::get<refusal_kind>(got) == refusal_kind::unknown_action);
            BOOST_TEST(!recorded.at("allowed").as_bool());
            return;
        }
        case difference::fewer_denials_counted: {
            BOOST_REQUIRE(std::holds_alternative<json::value>(got));
            const auto paths = differences(recorded, std::get<json::value>(got));
            BOOST_TEST(!paths.empty());
            for (const std::string& path : paths) {
                BOOST_TEST(contains(path, "/decision_stats/"), path);
                BOOST_TEST(!path.ends_with("/allow"));
            }
            return;
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE(recorded_requests_are_answered_as_before_but_for_the_table) {
    std::map<int, difference> table;
    for (const expected_difference& one : deliberate_differences) {
        table.emplace(one.line, one.what);
    }
    std::ifstream in{TEST_DATA_DIR "/rest-transcript.jsonl"};
    driver daemon;
    int line = 0;
    for (std::string text; std::getline(in, text);) {
        ++line;
        const json::value request = json::parse(text);
        const std::string path{request.at("path").as_string()};
        BOOST_TEST_CONTEXT("line " << line << ": " << path) {
            const response got = daemon.send(path, request.at("body"));
            const json::value& recorded = request.at("response");
            if (const auto different = table.find(line); different != table.end()) {
                check_difference(different->second, recorded, got, daemon.inside());
            } else {
                BOOST_REQUIRE(std::holds_alternative<json::value>(got));
                BOOST_TEST(listed(differences(recorded, std::get<json::value>(got))) == "");
            }
        }
    }
    BOOST_TEST(line == 63);
}

BOOST_AUTO_TEST_CASE(a_session_that_was_started_over_is_kept_as_superseded) {
    driver daemon;
    daemon.send("/core/go/start_session", {{"notes", "one"}});
    daemon.send("/core/go/start_session", {{"notes", "two"}});
    const world& w = daemon.inside();
    const auto& over = w.newest<events::session_ended>(1);
    BOOST_TEST(over.reason == end_reason::superseded);
    BOOST_TEST(over.id == session_id{1});
}

BOOST_AUTO_TEST_CASE(an_engine_that_nobody_knows_is_an_error) {
    driver daemon;
    const response got = daemon.send("/core/cone/decide?engine=perpetuum_mobile&action=run", nullptr);
    BOOST_TEST(std::get<refusal_kind>(got) == refusal_kind::unknown_engine);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
