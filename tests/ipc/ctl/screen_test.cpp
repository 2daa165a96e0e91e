// SPDX-License-Identifier: Apache-2.0
//
// What a person sees, against tests/data/ctl/screens; the answers are in tests/data/ctl/answers.
#include <sstream>

#include <boost/json/parse.hpp>
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
        for (const std::size_t columns : {12U, 20U, 31U, 40U, 80U, 100U, 200U}) {
            if (s.name == "call" || s.name == "key-create" || s.name == "metrics") {
                continue;  // what is for other programs is not wrapped
            }
            auto daemon = daemon_for(s);
            std::istringstream lines{run(daemon, s.arguments, {.columns = columns, .out_is_terminal = true}).out};
            for (std::string line; std::getline(lines, line);) {
                BOOST_TEST(valhalla::columns_of(line) <= columns, s.name << ": " << line);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(wide_and_combining_characters_are_no_wider) {
    const std::string text = "✅ done 日本語のメモ e\u0301 👩\u200d💻 🇩🇪 ❤\ufe0f नमस्ते ";
    const auto many = text + text + text;
    fake_daemon daemon;
    daemon.answers("cone.history", R"({"items":[{"seq":5,"band":"B","set_by":")" + many + R"(","reason":")" + many +
                                       R"(","updated_at_utc":"2026-11-22T12:00:00.000000Z"}],"next_cursor":null})");
    daemon.answers("cone.state", R"({"band":"B","reason":")" + many + R"(","metrics":{"a":")" + many + R"("}})");
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"cone", "history"}, {"cone", "show"}}) {
        for (std::size_t columns = 12; columns < 120; ++columns) {
            const auto got = run(daemon, arguments, {.columns = columns, .out_is_terminal = true});
            std::istringstream lines{got.out};
            for (std::string line; std::getline(lines, line);) {
                BOOST_TEST(valhalla::columns_of(line) <= columns, columns << ": " << line);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(help_and_complaints_are_no_wider_than_the_window) {
    fake_daemon daemon;
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                      {"audit", "list", "--help"},
                                                      {"session", "--help"},
                                                      {"sesion", "start"}}) {
        for (const std::size_t columns : {20U, 40U, 60U, 80U}) {
            const auto got =
                run(daemon, arguments, {.columns = columns, .out_is_terminal = true, .err_is_terminal = true});
            BOOST_TEST((got.out + got.err) != "");
            std::istringstream lines{got.out + got.err};
            for (std::string line; std::getline(lines, line);) {
                BOOST_TEST(valhalla::columns_of(line) <= columns, columns << ": " << line);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_row_that_no_line_has_room_for_keeps_all_its_cells) {
    const auto page = read_file(std::filesystem::path{TEST_DATA_DIR} / "ctl" / "answers" / "audit.list.json");
    fake_daemon daemon;
    daemon.answers("audit.list", page);
    const auto got = run(daemon, {"audit", "list"}, {.columns = 40, .out_is_terminal = true}).out;
    const auto answer = boost::json::parse(page);
    for (const auto& record : answer.at("items").as_array()) {
        BOOST_TEST(got.find(std::to_string(record.at("seq").as_int64())) != std::string::npos, got);
        BOOST_TEST(got.find(std::string{record.at("event").as_string()}) != std::string::npos, got);
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
