// SPDX-License-Identifier: Apache-2.0
//
// What a shell is told could be typed next; tests/system/test_completion.py asks through a real shell.
#include <boost/test/unit_test.hpp>

#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_completion)

using namespace valhalla::ctl::test;

namespace {

struct completion {
    std::vector<std::string> words;
    std::vector<std::string> suggested;
};

const std::vector<completion> samples{
    {{"se"}, {"session"}},
    {{"session", ""}, {"start", "status", "end", "note", "list", "show"}},
    {{"session", "sta"}, {"start", "status"}},
    {{"--json", "--socket", "session", "session", "sta"}, {"start", "status"}},
    {{"--socket=/x", "session", "sta"}, {"start", "status"}},
    {{"session", "start", "--s"}, {"--supersede", "--socket"}},
    {{"session", "start", "--notes", "--s"}, {}},
    {{"session", "start", "--", "--s"}, {}},
    {{"nonsense", ""},
     {"status", "session", "cone", "decide", "canon", "health", "thresholds", "go", "audit", "operator", "key",
      "export", "import", "backup", "restore", "metrics", "call", "describe"}},
    {{"call", "cone.s"}, {"cone.state", "cone.set"}},
    {{"describe", "import.c"}, {"import.check", "import.commit", "import.cancel"}},
    {{"call", "cone.state", ""}, {}},
    {{"cone", "set", ""}, {"A", "B", "C", "D"}},
    {{"decide", ""}, {"flips", "brrrr"}},
    {{"decide", "f"}, {"flips"}},
    {{"decide", "flips", "r"}, {"run"}},
    {{"decide", "flips", "run", "--band", ""}, {"A", "B", "C", "D"}},
    {{"decide", "flips", "run", "--band="}, {"--band=A", "--band=B", "--band=C", "--band=D"}},
    {{"go", "done", ""}, {"step_1"}},
    {{"health", "clear", ""}, {"jobs.nightly"}},
    {{"health", "report", "jobs.nightly", "r"}, {"red"}},
    {{"thresholds", "set", "deny_rate_"}, {"deny_rate_yellow=", "deny_rate_red="}},
    {{"thresholds", "set", "deny_rate_red=0.4", "band_d_"}, {"band_d_status="}},
    {{"thresholds", "set", "band_d_status=y"}, {"band_d_status=yellow"}},
    {{"operator", "unlock", ""}, {"bert"}},
    {{"key", "revoke", ""}, {"3f0c9a51b2e7"}},
    {{"key", "create", "ci", ""}, {"viewer", "operator", "owner"}},
    {{"export", ""}, {":files"}},
    {{"--socket", ""}, {":files"}},
    {{},
     {"status", "session", "cone", "decide", "canon", "health", "thresholds", "go", "audit", "operator", "key",
      "export", "import", "backup", "restore", "metrics", "call", "describe"}},
};

fake_daemon daemon_with_names() {
    fake_daemon daemon;
    daemon.answers("canon.get", R"({"engines":[{"name":"flips","class":"alpha"},{"name":"brrrr","class":"alpha"}],
                                    "actions":["run","scale"]})");
    daemon.answers("operator.locks", R"({"items":[{"operator":"bert","reason":"r"},{"operator":"`id`"}]})");
    daemon.answers("key.list", R"({"items":[{"id":"3f0c9a51b2e7","name":"ci"}]})");
    // Names that a shell would run or take apart are not suggested.
    daemon.answers("go.checklist",
                   R"({"steps":[{"id":"step_1","title":"First\u001b[31m"},{"id":"`reboot`","title":""},)"
                   R"({"id":"two words","title":""}]})");
    daemon.answers("health.status", R"({"signals":[{"source":"jobs.nightly","message":"late"}]})");
    return daemon;
}

std::vector<std::string> first_columns(const std::string& lines) {
    std::vector<std::string> out;
    std::string_view left = lines;
    while (!left.empty()) {
        const auto line = left.substr(0, left.find('\n'));
        out.emplace_back(line.substr(0, line.find('\t')));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
    }
    return out;
}

std::vector<std::string> to_complete(std::vector<std::string> words) {
    words.insert(words.begin(), "--complete");
    return words;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_fits_is_suggested) {
    for (const auto& s : samples) {
        auto daemon = daemon_with_names();
        const auto got = run(daemon, to_complete(s.words));
        BOOST_TEST_CONTEXT((s.words.empty() ? "" : s.words.back())) {
            BOOST_TEST(first_columns(got.out) == s.suggested, boost::test_tools::per_element());
            BOOST_TEST(got.err.empty());
            BOOST_TEST(got.code == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(meanings_follow_after_a_tab_and_cannot_act_on_a_terminal) {
    auto daemon = daemon_with_names();
    BOOST_TEST(run(daemon, to_complete({"go", "done", ""})).out == "step_1\tFirst\\x1b[31m\n");
}

BOOST_AUTO_TEST_CASE(without_a_daemon_nothing_is_said) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"decide", ""}, {"go", "done", ""}}) {
        const auto got = run_without_daemon(to_complete(words));
        BOOST_TEST(got.code == 0);
        BOOST_TEST(got.out.empty());
        BOOST_TEST(got.err.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
