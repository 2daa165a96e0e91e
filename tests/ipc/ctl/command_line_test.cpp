// SPDX-License-Identifier: Apache-2.0
//
// What the arguments become on the wire, and what is wrong usage.
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_command_line)

using namespace valhalla::ctl::test;

namespace {

struct translation {
    std::vector<std::string> arguments;
    std::string method;
    std::string params;
};

const std::vector<translation> translations{
    {{"session", "start"}, "session.start", "{}"},
    {{"session", "start", "--notes", "fix [it]", "--supersede"},
     "session.start",
     R"({"notes":"fix [it]","if_active":"supersede"})"},
    {{"session", "start", "--notes", ""}, "session.start", "{}"},
    {{"session", "status", "--operator", "anna"}, "session.status", R"({"operator":"anna"})"},
    {{"session", "end", "--notes", "", "--id", "3"}, "session.end", R"({"notes":"","id":3})"},
    {{"session", "note", "[a, b] \"c\""}, "session.note", R"({"text":"[a, b] \"c\""})"},
    {{"session", "note", "--", "--dashes"}, "session.note", R"({"text":"--dashes"})"},
    {{"session", "list", "--active", "--limit", "5", "--since", "1h", "--until", "2026-11-23", "--operator", "bo"},
     "session.list",
     R"({"operator":"bo","active":true,"limit":5,"since":"2026-11-22T11:20:43.517614Z","until":"2026-11-23T00:00:00.000000Z"})"},
    {{"session", "show", "3"}, "session.get", R"({"id":3})"},
    {{"cone", "show"}, "cone.state", "{}"},
    {{"cone", "set", "b", "--reason", "review", "--metrics", "{\"x\": 1.10}"},
     "cone.set",
     R"({"band":"B","reason":"review","metrics":{"x": 1.10}})"},
    {{"cone", "set", "Survival", "--reason", "r"}, "cone.set", R"({"band":"D","reason":"r"})"},
    {{"cone", "history", "--limit", "2", "--cursor", "17"}, "cone.history", R"({"limit":2,"cursor":"17"})"},
    {{"decide", "flips", "run", "--explain", "--band", "c"},
     "cone.explain",
     R"({"engine":"flips","action":"run","band":"C"})"},
    {{"decide", "flips", "run"}, "cone.decide", R"({"engine":"flips","action":"run"})"},
    {{"health", "report", "jobs.nightly", "red", "--message", "3 failed", "--ttl", "15m"},
     "health.report",
     R"({"source":"jobs.nightly","level":"red","message":"3 failed","ttl_s":900})"},
    {{"health", "clear", "jobs.nightly"}, "health.clear", R"({"source":"jobs.nightly"})"},
    {{"thresholds", "set", "deny_rate_red=0.350", "band_c_status=red"},
     "thresholds.set",
     R"({"deny_rate_red":0.350,"band_c_status":"red"})"},
    {{"go", "done", "step_1", "--notes", "ok", "--override", "audit day"},
     "go.complete",
     R"({"step_id":"step_1","done":true,"notes":"ok","override":"audit day"})"},
    {{"go", "undo", "step_1"}, "go.complete", R"({"step_id":"step_1","done":false})"},
    {{"audit", "list", "--event", "CONE_SET", "--session", "3", "--actor", "anna", "--after", "0", "--before", "9"},
     "audit.list",
     R"({"event":"CONE_SET","session":3,"actor":"anna","after":0,"before":9})"},
    {{"audit", "append", "X_DEPLOY", "{\"v\": 1E400}"},
     "audit.append",
     R"({"event":"X_DEPLOY","payload":{"v": 1E400}})"},
    {{"audit", "checkpoint", "--json"}, "audit.checkpoint", "{}"},
    {{"audit", "key", "--json"}, "audit.key", "{}"},
    {{"audit", "prove", "17", "--json"}, "audit.inclusion", R"({"seq":17})"},
    {{"call", "any.method"}, "any.method", "{}"},
    {{"call", "any.method", "{\"a\":\n1}"}, "any.method", R"({"a": 1})"},
    {{"--json", "canon"}, "canon.get", "{}"},
    {{"canon", "--json"}, "canon.get", "{}"},
};

const std::vector<std::vector<std::string>> mistakes{
    {},
    {"sesion", "start"},
    {"session"},
    {"session", "begin"},
    {"session", "note"},
    {"session", "show"},
    {"session", "show", "three"},
    {"session", "show", "-1"},
    {"session", "list", "--limit", "0"},
    {"session", "list", "--limit", "1001"},
    {"session", "list", "--since", "yesterday"},
    {"session", "start", "--note", "x"},
    {"cone", "set", "E", "--reason", "r"},
    {"cone", "set", "B"},
    {"cone", "set", "B", "--reason"},
    {"cone", "set", "B", "--reason", "r", "--metrics", "{"},
    {"cone", "set", "B", "--reason", "r", "--metrics", "[]"},
    {"decide", "flips"},
    {"decide", "flips", "run", "--band", "B"},
    {"decide", "flips", "run", "--explain", "--health", "blue"},
    {"health", "report", "s", "blue"},
    {"health", "report", "s", "red", "--ttl", "soon"},
    {"thresholds", "set"},
    {"thresholds", "set", "deny_rate_red"},
    {"thresholds", "set", "=1"},
    {"thresholds", "set", "a=1", "a=2"},
    {"thresholds", "set", "a\"b=1"},
    {"audit", "append", "X_A", "1"},
    {"audit", "list", "--after", "x"},
    {"audit", "list", "--limit", "0", "--format", "json"},
    {"audit", "list", "--limit", "1001"},
    {"audit", "list", "--format", "xml"},
    {"audit", "list", "--format", ""},
    {"audit", "checkpoint", "now"},
    {"audit", "key", "now"},
    {"audit", "prove"},
    {"audit", "prove", ""},
    {"audit", "prove", "0"},
    {"audit", "prove", "x7"},
    {"audit", "prove", "-7"},
    {"audit", "prove", "99999999999999999999"},
    {"audit", "prove", "7", "8"},
    {"audit", "prove", "--session", "7"},
    {"audit", "prove", "--session", "0", "dir"},
    {"audit", "prove", "--session", "x", "dir"},
    {"audit", "tiles"},
    {"audit", "tiles", ""},
    {"audit", "tiles", "a", "b"},
    {"audit", "follow", "--after", "-1"},
    {"audit", "follow", "--count", "0"},
    {"audit", "follow", "--format", "yaml"},
    {"audit", "follow", "now"},
    {"audit", "verify", "a", "b"},
    {"audit", "verify", "--quorum", "some"},
    {"audit", "verify", "--key"},
    {"audit", "witness"},
    {"audit", "witness-request"},
    {"audit", "witness-request", "old"},
    {"audit", "witness-request", "-1"},
    {"call", "m", "[]"},
    {"call", "m", "{} {}"},
    {"status", "now"},
    {"status", "--socket"},
    {"session", "note", "caf\xe9"},
    {"export"},
    {"import"},
};

std::string words(const std::vector<std::string>& arguments) {
    std::string line;
    for (const auto& word : arguments) {
        line += word + ' ';
    }
    return line;
}

}  // namespace

BOOST_AUTO_TEST_CASE(arguments_become_one_request) {
    for (const auto& s : translations) {
        BOOST_TEST_CONTEXT(words(s.arguments)) {
            fake_daemon daemon;
            // Where there is nothing to show, it is asked whether names of the filter ever were in the trail.
            daemon.answers(s.method, s.method == "audit.list" ? R"({"items":[{"seq":1,"event":"X_A"}]})" : "{}");
            const auto got = run(daemon, s.arguments);
            BOOST_TEST(got.err == "");
            BOOST_TEST(daemon.only().name == s.method);
            BOOST_TEST(daemon.only().params == s.params);
        }
    }
}

BOOST_AUTO_TEST_CASE(mistakes_are_wrong_usage_and_reach_no_daemon) {
    for (const auto& arguments : mistakes) {
        BOOST_TEST_CONTEXT(words(arguments)) {
            fake_daemon daemon;
            const auto got = run(daemon, arguments);
            BOOST_TEST(got.code == 3);
            BOOST_TEST(got.out == "");
            BOOST_TEST(got.err.starts_with("valhallactl: "));
            BOOST_TEST(daemon.requests().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_misspelt_command_names_the_nearest_one) {
    fake_daemon daemon;
    BOOST_TEST(run(daemon, {"sesion", "start"}).err.find("did you mean 'session'?") != std::string::npos);
    BOOST_TEST(run(daemon, {"--socket", "/x", "cone", "sett"}).err.find("did you mean 'set'?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_misspelt_option_names_the_nearest_one) {
    fake_daemon daemon;
    for (const auto& [arguments, expected] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"session", "start", "--note", "x"},
              "'valhallactl session start' has no option '--note'; did you mean '--notes'?"},
             {{"session", "start", "--note=x"}, "has no option '--note'; did you mean '--notes'?"},
             {{"session", "start", "--jsn"}, "did you mean '--json'?"},
             {{"session", "start", "--qqqqqqqqqq"}, "'valhallactl session start' has no option '--qqqqqqqqqq'\n"}}) {
        const auto got = run(daemon, arguments);
        BOOST_TEST(got.code == 3);
        BOOST_TEST(got.err.find(expected) != std::string::npos, got.err);
        BOOST_TEST(got.err.find("see 'valhallactl session start --help'") != std::string::npos, got.err);
    }
    // Words that are not options, and those behind `--`, are not meant.
    BOOST_TEST(run(daemon, {"session", "start", "x", "--", "--note"}).err.find("has no option") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_of_the_command_is_named_for_a_value_that_is_wrong) {
    fake_daemon daemon;
    const auto got = run(daemon, {"audit", "list", "--since", "today"});
    BOOST_TEST(got.code == 3);
    BOOST_TEST(got.err.find("see 'valhallactl audit list --help'") != std::string::npos, got.err);
}

BOOST_AUTO_TEST_CASE(help_and_version_go_to_standard_output) {
    fake_daemon daemon;
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"session", "list", "-h"}}) {
        const auto got = run(daemon, arguments);
        BOOST_TEST(got.code == 0);
        BOOST_TEST(got.err == "");
        BOOST_TEST(got.out.find("Usage: valhallactl") != std::string::npos);
    }
    BOOST_TEST(run(daemon, {"--version"}).out.starts_with("valhallactl "));
}

BOOST_AUTO_TEST_CASE(help_fits_into_80_columns) {
    fake_daemon daemon;
    for (const auto& path : std::vector<std::vector<std::string>>{{},
                                                                  {"session"},
                                                                  {"session", "list"},
                                                                  {"decide"},
                                                                  {"audit"},
                                                                  {"audit", "list"},
                                                                  {"audit", "follow"},
                                                                  {"audit", "prove"},
                                                                  {"audit", "verify"},
                                                                  {"audit", "witness"},
                                                                  {"health", "report"},
                                                                  {"go", "done"}}) {
        auto arguments = path;
        arguments.emplace_back("--help");
        std::istringstream lines{run(daemon, arguments).out};
        for (std::string line; std::getline(lines, line);) {
            BOOST_TEST(line.size() <= 80U, line);
        }
    }
}

BOOST_AUTO_TEST_CASE(notes_are_asked_for_on_a_terminal_only) {
    fake_daemon daemon;
    daemon.answers("session.start", "{}");
    const auto asked = run(daemon, {"session", "start"}, {.can_ask = true, .typed = "morning round\n"});
    BOOST_TEST(asked.err.starts_with("Notes"));
    BOOST_TEST(daemon.requests().back().params == R"({"notes":"morning round"})");
    for (const auto* nothing : {"\n", ""}) {
        static_cast<void>(run(daemon, {"session", "start"}, {.can_ask = true, .typed = nothing}));
        BOOST_TEST(daemon.requests().back().params == "{}");
    }
    const seat at{.can_ask = true, .typed = "unread\n"};
    BOOST_TEST(run(daemon, {"session", "start", "--notes", "given"}, at).err == "");
    BOOST_TEST(run(daemon, {"session", "start", "--json"}, at).err == "");
    BOOST_TEST(run(daemon, {"session", "start"}, {.typed = "unread\n"}).err == "");
}

BOOST_AUTO_TEST_SUITE_END()
