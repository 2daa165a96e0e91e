// SPDX-License-Identifier: Apache-2.0
//
// What a person sees, against tests/data/ctl/screens; the answers are in tests/data/ctl/answers.
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "schema/base/printable.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_screens)

using namespace valhalla::ctl::test;

namespace {

struct screen {
    std::string name;
    std::vector<std::string> arguments;
    std::vector<std::string> answers;  ///< files without `.json`; a suffix behind the method's two words is dropped
};

const std::vector<screen> screens{
    {"status", {"status"}, {"daemon.info", "health.status", "session.status", "audit.list"}},
    {"session-status", {"session", "status"}, {"session.status"}},
    {"session-none", {"session", "status"}, {"session.status.none"}},
    {"session-list", {"session", "list"}, {"session.list"}},
    {"session-show", {"session", "show", "3"}, {"session.get"}},
    {"cone-show", {"cone", "show"}, {"cone.state"}},
    {"cone-history", {"cone", "history"}, {"cone.history"}},
    {"decide", {"decide", "flips", "scale"}, {"cone.decide"}},
    {"decide-explain", {"decide", "flips", "scale", "--explain", "--band", "A"}, {"cone.explain"}},
    {"canon", {"canon"}, {"canon.get"}},
    {"health-show", {"health", "show"}, {"health.status"}},
    {"thresholds-show", {"thresholds", "show"}, {"thresholds.get"}},
    {"go-checklist", {"go", "checklist"}, {"go.checklist"}},
    {"go-next", {"go", "next"}, {"go.next_step"}},
    {"go-next-none", {"go", "next"}, {"go.next_step.none"}},
    {"go-done", {"go", "done", "intake_ready"}, {"go.complete"}},
    {"go-summary", {"go", "summary"}, {"go.summary"}},
    {"audit-list", {"audit", "list"}, {"audit.list"}},
    {"metrics", {"metrics"}, {"daemon.metrics"}},
    {"call", {"call", "cone.state"}, {"cone.state"}},
    {"operator-lock", {"operator", "lock", "bert", "Under review."}, {"operator.lock"}},
    {"operator-locks", {"operator", "locks"}, {"operator.locks"}},
    {"operator-locks-none", {"operator", "locks"}, {"operator.locks.none"}},
    {"key-list", {"key", "list"}, {"key.list"}},
    {"key-create", {"key", "create", "ci", "viewer"}, {"key.create"}},
};

fake_daemon daemon_for(const screen& s) {
    fake_daemon daemon;
    for (const auto& file : s.answers) {
        const auto text = read_file(std::filesystem::path{TEST_DATA_DIR} / "ctl" / "answers" / (file + ".json"));
        daemon.answers(file.substr(0, file.find('.', file.find('.') + 1)), text);
    }
    return daemon;
}

}  // namespace

BOOST_AUTO_TEST_CASE(screens_are_as_accepted) {
    for (const auto& s : screens) {
        BOOST_TEST_CONTEXT(s.name) {
            auto daemon = daemon_for(s);
            const auto got = run(daemon, s.arguments, {.out_is_terminal = true});
            BOOST_TEST(got.err == "");
            check_golden("screens/" + s.name + ".txt", got.out);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_screen) {
    for (const auto& s : screens) {
        for (const std::size_t columns : {80U, 100U, 200U}) {
            if (s.name == "call" || s.name == "key-create") {
                continue;  // JSON and keys are not wrapped
            }
            auto daemon = daemon_for(s);
            std::istringstream lines{run(daemon, s.arguments, {.columns = columns, .out_is_terminal = true}).out};
            for (std::string line; std::getline(lines, line);) {
                BOOST_TEST(valhalla::columns_of(line) <= columns, s.name << ": " << line);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(numbers_are_shown_as_they_were_written) {
    const std::string numbers =
        R"({"a":1e400,"b":-0,"c":123456789012345678901234567890,"d":1.10,"e":{"f":-0.0,"g":[1E5]}})";
    const std::string shown = R"(a=1e400 b=-0 c=123456789012345678901234567890 d=1.10 e={"f":-0.0,"g":[1E5]})";
    fake_daemon daemon;
    daemon.answers("audit.list",
                   R"({"items":[{"seq":1,"event":"X_A","payload":)" + numbers + R"(}],"next_cursor":null})");
    daemon.answers("cone.state", R"({"band":"B","metrics":)" + numbers + "}");
    daemon.answers("thresholds.get", R"({"deny_rate_red":3.50e-1})");
    BOOST_TEST(run(daemon, {"audit", "list"}).out.find(shown) != std::string::npos);
    BOOST_TEST(run(daemon, {"cone", "show"}, {.columns = 200}).out.find(shown) != std::string::npos);
    BOOST_TEST(run(daemon, {"thresholds", "show"}).out.find("3.50e-1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(in_a_pipe_nothing_is_cut) {
    for (const auto& s : screens) {
        auto daemon = daemon_for(s);
        BOOST_TEST(run(daemon, s.arguments, {.columns = 40}).out.find("…") == std::string::npos, s.name);
    }
}

BOOST_AUTO_TEST_CASE(plain_screens_have_no_control_characters) {
    for (const auto& s : screens) {
        auto daemon = daemon_for(s);
        const auto text = run(daemon, s.arguments).out;
        BOOST_TEST(valhalla::printable(text, valhalla::line_breaks::keep) == text, s.name);
    }
}

BOOST_AUTO_TEST_CASE(colours_add_nothing_but_colours) {
    for (const auto& s : screens) {
        auto daemon = daemon_for(s);
        const auto plain = run(daemon, s.arguments, {.out_is_terminal = true}).out;
        auto coloured = run(daemon, s.arguments, {.colours = true, .out_is_terminal = true}).out;
        for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
            BOOST_REQUIRE(coloured[at + 1] == '[');
            coloured.erase(at, coloured.find('m', at) + 1 - at);
        }
        BOOST_TEST(coloured == plain, s.name);
    }
}

BOOST_AUTO_TEST_CASE(levels_and_bands_have_their_colours) {
    fake_daemon daemon;
    daemon.answers("cone.state", R"({"band":"D","reason":"r"})");
    const auto text = run(daemon, {"cone", "show"}, {.colours = true, .out_is_terminal = true}).out;
    BOOST_TEST(text.find("\x1b[1;31mD survival\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
