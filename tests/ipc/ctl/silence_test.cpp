// SPDX-License-Identifier: Apache-2.0
//
// Commands that would do nothing, or the wrong thing, without a word.
#include <boost/test/unit_test.hpp>

#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_silence)

using namespace valhalla::ctl::test;

namespace {

constexpr const char* no_records = R"({"items":[],"next_cursor":null,"order":"descending"})";

/// Whose trail knows nothing but anna and session 3.
fake_daemon small_daemon() {
    fake_daemon daemon;
    daemon.on("audit.list", [](const boost::json::value& p) {
        const auto& asked = p.as_object();
        const bool known = !asked.contains("event") && (!asked.contains("actor") || asked.at("actor") == "anna") &&
                           (!asked.contains("session") || asked.at("session") == 3);
        return result(known ? R"({"items":[{"seq":1}],"next_cursor":null,"order":"descending"})" : no_records);
    });
    daemon.answers("operator.lock", R"({"operator":"x","until_utc":null})");
    daemon.answers("key.list", R"({"items":[{"name":"ci"}]})");
    daemon.answers("session.note", R"({"id":3})");
    return daemon;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_actor_and_a_session_that_never_were_are_told_beside_the_empty_list) {
    auto daemon = small_daemon();
    const std::string actor = "valhallactl: note: no record of the trail is by anybody called 'ana'\n";
    const std::string session = "valhallactl: note: there never was a session 9\n";
    const auto both = run(daemon, {"audit", "list", "--actor", "ana", "--session", "9"});
    BOOST_TEST(both.code == 0);
    BOOST_TEST(both.out == "No records.\n");
    BOOST_TEST(both.err == actor + session);
    for (const std::string format : {"json", "csv"}) {
        BOOST_TEST(run(daemon, {"audit", "list", "--actor", "ana", "--format", format}).err == actor);
    }
    const auto as_json = run(daemon, {"--json", "audit", "list", "--session", "9"});
    BOOST_TEST(as_json.out == std::string{no_records} + "\n");
    BOOST_TEST(as_json.err == session);
    BOOST_TEST(run(daemon, {"audit", "list", "--actor", "anna", "--session", "3", "--event", "X_A"}).err == "");
}

BOOST_AUTO_TEST_CASE(a_lock_of_somebody_whom_nobody_knows_is_told) {
    auto daemon = small_daemon();
    seat at;
    at.process.knows_user = [](const std::string& name) { return name == "root"; };
    for (const std::string known : {"root", "ci", "anna"}) {
        BOOST_TEST(run(daemon, {"operator", "lock", known, "why"}, at).err == "");
    }
    for (const std::string unknown : {"Anna", "anna ", "alcie"}) {
        const auto got = run(daemon, {"operator", "lock", unknown, "why"}, at);
        BOOST_TEST(got.code == 0);
        BOOST_TEST(got.out == "x is locked until an owner lifts it.\n");
        BOOST_TEST(got.err.find("warning: neither the users of this system") != std::string::npos, got.err);
        BOOST_TEST(got.err.find('\'' + unknown + '\'') != std::string::npos, got.err);
    }
}

BOOST_AUTO_TEST_CASE(a_note_can_come_from_the_standard_input) {
    auto daemon = small_daemon();
    const auto got = run(daemon, {"session", "note", "-"}, {.typed = "two\nlines\n"});
    BOOST_TEST(got.code == 0, got.err);
    BOOST_TEST(daemon.only().params == R"({"text":"two\nlines"})");
    for (const auto& wrong : {std::string{}, std::string{"\n"}, std::string{"\xff"}, std::string{"a\0b", 3}}) {
        BOOST_TEST(run(daemon, {"session", "note", "-"}, {.typed = wrong}).code == 3);
    }
    BOOST_TEST(run(daemon, {"session", "note", "-"}, {.typed = std::string(17'000, 'x')}).code == 1);
    BOOST_TEST(daemon.count("session.note") == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_of_another_kind_is_refused_before_anything_is_written) {
    const std::vector<std::pair<std::string, std::string>> others{
        {"export", "tile"},     {"export", "valhalla.db"},  {"export", "valhalla-x.db"}, {"export", "r1.tlog-proof"},
        {"tiles", "audit.log"}, {"tiles", "manifest.json"}, {"tiles", "signing.key"},    {"tiles", "r1.tlog-proof"},
    };
    for (const auto& [command, name] : others) {
        const temporary_directory dir;
        write_file(dir.path() / name, "x");
        fake_daemon daemon;
        daemon.answers("audit.checkpoint", "{}");
        const auto directory = dir.path().string();
        const auto got =
            command == "export" ? run(daemon, {"export", directory}) : run(daemon, {"audit", "tiles", directory});
        BOOST_TEST(got.code == 1, command << ' ' << name << got.err);
        BOOST_TEST(got.err.find('(' + name + "), and nothing else belongs there") != std::string::npos, got.err);
        BOOST_TEST(names_in(dir.path()).size() == 1U);
        BOOST_TEST(daemon.requests().empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
