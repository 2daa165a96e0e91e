// SPDX-License-Identifier: Apache-2.0
//
// restore: what the daemon's program is given, and how its end becomes ours. Its stand-ins here are shell scripts.
#include <filesystem>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "ipc/ctl/child_process.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_restore)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;
namespace fs = std::filesystem;

namespace {

struct stand_in {
    explicit stand_in(const std::string& script) {
        const auto path = dir.path() / "valhallad";
        write_file(path, fmt::format("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n{}\n", given().string(), script));
        fs::permissions(path, fs::perms::owner_all);
        at.process.daemon = [path] { return path.string(); };
        at.process.run = run_to_the_end;
    }
    [[nodiscard]] fs::path given() const { return dir.path() / "given"; }
    outcome restore(std::vector<std::string> more = {}) {
        std::vector<std::string> words{"restore", "old.db", "--reason", "the disk died"};
        words.insert(words.end(), more.begin(), more.end());
        fake_daemon none;
        auto got = run(none, words, at);
        BOOST_TEST(none.requests().empty());
        return got;
    }
    temporary_directory dir;
    seat at;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_daemons_program_is_given_file_reason_and_where) {
    stand_in daemon{"echo restored; echo now start it"};
    const auto got = daemon.restore({"--state-dir", "/s", "--config", "/c"});
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.out == "restored\nnow start it\n");
    BOOST_TEST(read_file(daemon.given()) ==
               "--restore\nold.db\n--reason\nthe disk died\n--state-dir\n/s\n--config\n/c\n");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_as_ours_with_our_exit_code) {
    for (const auto& [theirs, ours] : std::vector<std::pair<int, int>>{{1, 1}, {2, 3}, {3, 1}, {4, 1}, {7, 1}}) {
        stand_in daemon{fmt::format("echo 'valhallad: nothing was changed: it is not a backup' >&2; exit {}", theirs)};
        const auto got = daemon.restore();
        BOOST_TEST(got.code == ours);
        BOOST_TEST(got.out == "");
        BOOST_TEST(got.err.starts_with("valhallactl: nothing was changed: it is not a backup\n"), got.err);
    }
}

BOOST_AUTO_TEST_CASE(json_has_what_was_said_or_the_error) {
    stand_in daemon{"echo one; echo two"};
    const auto said = boost::json::parse(daemon.restore({"--json"}).out);
    BOOST_TEST(said.at("restored") == "old.db");
    BOOST_TEST(said.at("said") == (boost::json::array{"one", "two"}));
    stand_in broken{"echo 'valhallad: no' >&2; exit 3"};
    BOOST_TEST(boost::json::parse(broken.restore({"--json"}).out).at("error").at("message") == "no");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_or_dies_is_an_error) {
    stand_in daemon{"kill -9 $$"};
    BOOST_TEST(daemon.restore().err.find("was ended by signal 9") != std::string::npos);
    fs::remove(daemon.dir.path() / "valhallad");
    const auto got = daemon.restore();
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err.find("cannot run") != std::string::npos, got.err);
    stand_in silent{"exit 3"};
    BOOST_TEST(silent.restore().err.find("without a word") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
