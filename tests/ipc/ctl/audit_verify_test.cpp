// SPDX-License-Identifier: Apache-2.0
//
// audit verify: what the verifier is given, and that its verdict is ours. Verifiers here are small shell scripts.
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/ctl/fake_log.hpp"

BOOST_AUTO_TEST_SUITE(ctl_audit_verify)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;
namespace fs = std::filesystem;

namespace {

struct verifier {
    explicit verifier(const std::string& script) {
        const auto path = dir.path() / "verifier";
        write_file(path, fmt::format("#!/bin/sh\ncd '{}'\n{}\n", dir.path().string(), script));
        fs::permissions(path, fs::perms::owner_all);
        at.process.verifier = [path] { return path.string(); };
        at.process.become = [this](const std::vector<std::string>& words) {
            became = words;
            return exit_code::unverified;
        };
    }
    [[nodiscard]] std::string file(const std::string& name) const { return read_file(dir.path() / name); }
    temporary_directory dir;
    seat at;
    std::vector<std::string> became;
};

struct verified_log : fake_log {
    explicit verified_log(std::size_t size) {
        grow_to(size);
        serve(daemon);
    }
    fake_daemon daemon;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_verifier_reads_every_record_and_the_checkpoint) {
    verified_log log{2'345};
    const verifier v{R"(printf '%s\n' "$@" > words; cat "$4" > note; readlink "$4" > name; cat > records)"};
    const auto got = run(log.daemon, {"audit", "verify"}, v.at);
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.err.find("the key comes from the daemon itself") != std::string::npos);
    std::string all;
    for (std::size_t i = 0; i < log.size(); ++i) {
        all += log.record(i) + '\n';
    }
    BOOST_TEST((v.file("records") == all));
    BOOST_TEST(v.file("note") == log.note());
    BOOST_TEST(v.file("name") == "/memfd:the daemon's checkpoint (deleted)\n");
    const auto words = v.file("words");
    BOOST_TEST(words.starts_with("--log\n-\n--checkpoint\n/proc/self/fd/"));
    BOOST_TEST(words.ends_with(fmt::format("\n--key\n{}\n", log.key())));
    BOOST_TEST(log.daemon.count("audit.list") == 3U);
}

BOOST_AUTO_TEST_CASE(what_the_user_gave_goes_on_to_the_verifier) {
    verified_log log{3};
    const verifier v{R"(printf '%s\n' "$@" > words; cat > records)"};
    const auto got = run(log.daemon,
                         {"audit", "verify", "--key", "k", "--checkpoint", "a", "--checkpoint", "b", "--witness", "w",
                          "--witness", "x", "--quorum", "1", "--json"},
                         v.at);
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.err == "");
    BOOST_TEST(log.daemon.count("audit.key") == 0U);
    BOOST_TEST(v.file("words").ends_with(
        "--key\nk\n--checkpoint\na\n--checkpoint\nb\n--witness\nw\n--witness\nx\n--quorum\n1\n--json\n"));
}

BOOST_AUTO_TEST_CASE(the_verdict_is_passed_on) {
    for (const int code : {0, 1, 3, 5}) {
        verified_log log{3};
        const verifier v{fmt::format("cat > records; exit {}", code)};
        BOOST_TEST(run(log.daemon, {"audit", "verify"}, v.at).code == code);
    }
}

BOOST_AUTO_TEST_CASE(a_verifier_that_ends_early_neither_hangs_nor_kills_us) {
    verified_log log{20'000};
    for (const auto* script : {"exit 5", "exec <&-; exit 5", "head -c 100 > records; exit 5"}) {
        const verifier v{script};
        BOOST_TEST(run(log.daemon, {"audit", "verify"}, v.at).code == 5, script);
    }
    const verifier killed{"kill -9 $$"};
    const auto got = run(log.daemon, {"audit", "verify"}, killed.at);
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err.find("was ended by signal 9") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_to_its_end_is_not_called_verified) {
    verified_log log{20};
    log.daemon.answers("audit.list", R"({"items":[{"seq":1},{"seq":3}],"next_cursor":null})");
    const verifier v{"cat > records; exit 0"};
    const auto got = run(log.daemon, {"audit", "verify"}, v.at);
    BOOST_TEST(got.code == 5);
    BOOST_TEST(got.err.find("record 3 where record 2 belongs") != std::string::npos, got.err);
    log.daemon.refuses("audit.list", 1903, "shutting_down", "the daemon stops");
    BOOST_TEST(run(log.daemon, {"audit", "verify"}, v.at).code == 1);
}

BOOST_AUTO_TEST_CASE(with_a_path_the_verifier_takes_over_and_no_daemon_is_asked) {
    fake_daemon daemon;
    const verifier v{""};
    BOOST_TEST(
        run(daemon, {"audit", "verify", "state", "--key", "k", "--checkpoint", "c", "--quorum", "0", "--json"}, v.at)
            .code == 5);
    BOOST_TEST(daemon.requests().empty());
    const std::vector<std::string> expected{"--key", "k",      "--checkpoint", "c",    "--quorum",
                                            "0",     "--json", "--",           "state"};
    BOOST_REQUIRE(!v.became.empty());
    BOOST_TEST((std::vector<std::string>{v.became.begin() + 1, v.became.end()}) == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_verifier_that_is_not_there_is_said) {
    verified_log log{3};
    verifier v{""};
    v.at.process.verifier = [] { return std::string{"/nonexistent/valhalla-verify"}; };
    const auto got = run(log.daemon, {"audit", "verify"}, v.at);
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err.find("install it") != std::string::npos, got.err);
}

BOOST_AUTO_TEST_SUITE_END()
