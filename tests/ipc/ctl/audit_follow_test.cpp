// SPDX-License-Identifier: Apache-2.0
//
// audit follow over a true socket: what is printed, and what a cut costs (nothing).
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/ctl/scripted_socket.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_audit_follow)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;

namespace {

std::string event(int follow, int seq) {
    return fmt::format(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"audit.event\",\"params\":{{\"follow\":{},\"record\":{{\"seq\":{}, "
        "\"n\":1.10}}}}}}\n",
        follow, seq);
}

std::string ending(int follow, int after) {
    return fmt::format(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"audit.follow_end\",\"params\":{{\"follow\":{},\"after\":{},\"reason\":"
        "\"slow\"}}}}\n",
        follow, after);
}

std::string records(int first, int last) {
    std::string lines;
    for (int seq = first; seq <= last; ++seq) {
        lines += fmt::format("{{\"seq\":{}, \"n\":1.10}}\n", seq);
    }
    return lines;
}

outcome follow(const scripted_socket& daemon, std::vector<std::string> options, const seat& at = {}) {
    options.insert(options.begin(), {"--socket", daemon.path(), "audit", "follow"});
    return run_on_socket(options, at);
}

/// Reads a request, which must be a follow behind `after`, and answers it.
void accept_follow(scripted_peer& peer, int follow, int after, std::vector<std::string>& faults) {
    const auto line = peer.line();
    if (line.find("audit.follow") == std::string::npos ||
        line.find(fmt::format("\"after\":{}}}", after)) == std::string::npos) {
        faults.push_back(line);
    }
    peer.answer(line, fmt::format(R"({{"follow":{},"after":{}}})", follow, after));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_follow_that_is_cut_off_goes_on_without_gap_or_duplicate) {
    std::vector<std::string> faults;
    const scripted_socket daemon{{
        [&](scripted_peer& peer) {
            accept_follow(peer, 1, 0, faults);
            peer.send(event(1, 1) + event(1, 2) + event(1, 3).substr(0, 30));  // cut in the middle of a line
        },
        [&](scripted_peer& peer) {
            accept_follow(peer, 1, 2, faults);
            peer.send(event(1, 3) + ending(1, 3));
            accept_follow(peer, 2, 3, faults);
            peer.send(event(1, 99) + event(2, 4));  // what another follow sends is not ours
        },
        [](scripted_peer&) {},  // a daemon that starts and falls over
        [&](scripted_peer& peer) {
            accept_follow(peer, 1, 4, faults);
            peer.send(event(1, 5) + event(1, 6) + event(1, 7));
        },
    }};
    const auto got = follow(daemon, {"--after", "0", "--json", "--count", "6"});
    BOOST_TEST(got.code == 0, got.err);
    BOOST_TEST(got.out == records(1, 6));
    BOOST_TEST(faults.empty());
    BOOST_TEST(got.err.find("the next record is the one behind 2") != std::string::npos, got.err);
    BOOST_TEST(got.err.find("the next record is the one behind 4") != std::string::npos, got.err);
}

BOOST_AUTO_TEST_CASE(without_after_it_goes_on_where_the_daemon_stood) {
    std::vector<std::string> faults;
    const scripted_socket daemon{{
        [&](scripted_peer& peer) {  // whether there ever was such an actor, and such a session
            for (const auto* const asked :
                 {R"("params":{"actor":"anna","limit":1})", R"("params":{"session":3,"limit":1})"}) {
                const auto line = peer.line();
                if (line.find("audit.list") == std::string::npos || line.find(asked) == std::string::npos) {
                    faults.push_back(line);
                }
                peer.answer(line, R"({"items":[],"next_cursor":null})");
            }
        },
        [&](scripted_peer& peer) {
            const auto line = peer.line();
            if (line.find(R"("params":{"event":"X_A","session":3,"actor":"anna"}})") == std::string::npos) {
                faults.push_back(line);
            }
            peer.answer(line, R"({"follow":1,"after":40})");
        },
        [&](scripted_peer& peer) {
            accept_follow(peer, 1, 40, faults);
            peer.send(event(1, 44));
        },
    }};
    const auto got =
        follow(daemon, {"--event", "X_A", "--session", "3", "--actor", "anna", "--format", "json", "--count", "1"});
    BOOST_TEST(got.out == records(44, 44));
    BOOST_TEST(faults.empty());
    BOOST_TEST(got.err.starts_with("valhallactl: note: no record of the trail is by anybody called 'anna'\n"
                                   "valhallactl: note: there never was a session 3\n"),
               got.err);
}

BOOST_AUTO_TEST_CASE(records_are_shown_in_lines_of_one_table) {
    const auto record = [](int seq, std::string_view name) {
        return fmt::format(
            R"({{"jsonrpc":"2.0","method":"audit.event","params":{{"follow":1,"record":{{"v":1,"seq":{},"ts_utc":"2026-11-22T12:19:00.000000Z","event":"GO_SESSION_NOTE","actor":{{"name":"{}"}},"session":3,"payload":{{"text":"a note that is much longer than what a line of eighty columns has room for"}}}}}}}})"
            "\n",
            seq, name);
    };
    const scripted_socket daemon{{[&](scripted_peer& peer) {
        peer.answer(peer.line(), R"({"follow":1,"after":7})");
        peer.send(record(8, "anna") + record(1'000'009, "bo\\u001b[2J"));
    }}};
    const auto got = follow(daemon, {"--count", "2"}, {.out_is_terminal = true});
    check_golden("screens/audit-follow.txt", got.out);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_right_ends_it) {
    const std::vector<std::pair<std::string, std::string>> answers{
        {R"({"follow":1,"after":5})", event(1, 6) + event(1, 6)},
        {R"({"follow":1,"after":5})", event(1, 5)},
        {R"({"follow":1,"after":5})", event(1, 7) + event(1, 6)},
        {R"({"follow":1,"after":5})", "{\"method\":\"audit.event\",\"params\":{\"follow\":1}}\n"},
        {R"({"follow":1,"after":5})", "{\"method\":\"audit.event\",\"params\":{\"follow\":1,\"record\":[]}}\n"},
        {R"({"follow":1,"after":5})", "{\"method\":\"audit.follow_end\",\"params\":{\"follow\":1}}\n"},
        {R"({"follow":1,"after":5})", "{\"method\":\"audit.event\",\"params\":{\n"},
        {R"({"follow":1})", ""},
        {R"({"follow":"x","after":5})", ""},
        {R"([])", ""},
    };
    for (const auto& [answer, sent] : answers) {
        const scripted_socket daemon{{[answer = answer, sent = sent](scripted_peer& peer) {
            peer.answer(peer.line(), answer);
            peer.send(sent);
            static_cast<void>(peer.line());
        }}};
        const auto got = follow(daemon, {"--json"});
        BOOST_TEST(got.code == 5, answer << ' ' << sent << got.err);
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_or_no_daemon_at_the_start_ends_it) {
    const scripted_socket daemon{{[](scripted_peer& peer) {
        static_cast<void>(peer.line());
        peer.send(
            "{\"id\":1,\"error\":{\"code\":1504,\"message\":\"too many\",\"data\":{\"kind\":\"too_many_follows\"}}}\n");
    }}};
    const auto got = follow(daemon, {});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: too many\n");
    BOOST_TEST(run_without_daemon({"--socket", "/nonexistent/sock", "audit", "follow"}).code == 2);
}

BOOST_AUTO_TEST_CASE(an_interruption_ends_the_wait_for_a_silent_daemon) {
    const int stop = ::eventfd(0, EFD_CLOEXEC);
    const std::uint64_t one = 1;
    seat at;
    at.process.interruption = [stop] { return stop; };
    const scripted_socket daemon{{[&](scripted_peer& peer) {
        static_cast<void>(peer.line());
        [[maybe_unused]] const auto written = ::write(stop, &one, sizeof one);
        static_cast<void>(peer.line());  // until it leaves
    }}};
    const auto got = follow(daemon, {}, at);
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.err == "");
    ::close(stop);
}

BOOST_AUTO_TEST_CASE(an_interruption_ends_it_well) {
    const int stop = ::eventfd(0, EFD_CLOEXEC);
    bool interrupted = false;  // said by this thread: the test's macros are not for others
    const auto interrupt = [&] {
        const std::uint64_t one = 1;
        interrupted = ::write(stop, &one, sizeof one) == sizeof one;
    };
    seat at;
    at.process.interruption = [stop] { return stop; };
    {
        const scripted_socket daemon{{[&](scripted_peer& peer) {
            peer.answer(peer.line(), R"({"follow":1,"after":0})");
            interrupt();
            static_cast<void>(peer.line());
        }}};
        BOOST_TEST(follow(daemon, {}, at).code == 0);
    }
    BOOST_TEST(interrupted);
    // Still interrupted: while it waits for a daemon that went away, too.
    const scripted_socket daemon{{[](scripted_peer& peer) { peer.answer(peer.line(), R"({"follow":1,"after":0})"); }}};
    BOOST_TEST(follow(daemon, {}, at).code == 0);
    ::close(stop);
}

BOOST_AUTO_TEST_SUITE_END()
