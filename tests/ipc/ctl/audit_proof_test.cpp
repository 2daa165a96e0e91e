// SPDX-License-Identifier: Apache-2.0
//
// audit checkpoint, key, prove, witness, witness-request: what is printed is a file of the specification, byte for
// byte.
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/ctl/fake_log.hpp"

BOOST_AUTO_TEST_SUITE(ctl_audit_proofs)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;
namespace fs = std::filesystem;

namespace {

struct proving_log : fake_log {
    explicit proving_log(std::size_t size) {
        grow_to(size);
        serve(daemon);
    }
    [[nodiscard]] outcome run(std::vector<std::string> verb, const seat& at = {}) {
        verb.insert(verb.begin(), "audit");
        return test::run(daemon, verb, at);
    }
    fake_daemon daemon;
};

std::string base64_lines(const std::vector<std::string>& hashes) {
    std::string lines;
    for (const auto& one : hashes) {
        lines += to_base64(one) + '\n';
    }
    return lines;
}

std::string proof_of(fake_log& log, std::size_t seq, std::size_t size) {
    return fmt::format("c2sp.org/tlog-proof@v1\nextra {}\nindex {}\n{}\n{}", to_base64(log.record(seq - 1)), seq - 1,
                       base64_lines(log.inclusion(seq - 1, size)), log.note(size));
}

}  // namespace

BOOST_AUTO_TEST_CASE(checkpoint_and_key_are_printed_as_they_are) {
    proving_log log{5};
    const auto note = log.run({"checkpoint"});
    BOOST_TEST(note.code == 0);
    BOOST_TEST(note.out == log.note());
    BOOST_TEST(note.err == "");
    check_golden("screens/audit-checkpoint.txt", note.out);
    BOOST_TEST(log.run({"checkpoint"}, {.colours = true, .out_is_terminal = true}).out == log.note());
    BOOST_TEST(log.run({"key"}).out == log.key() + '\n');
    BOOST_TEST(log.run({"key", "--json"}).out ==
               fmt::format("{{\"origin\":\"example.com/valhalla\",\"key\":\"{}\"}}\n", log.key()));
}

BOOST_AUTO_TEST_CASE(what_is_no_checkpoint_is_not_printed) {
    for (const auto* answer : {"{}", "null", "[]", R"({"note":7})", R"({"note":""})",
                               R"({"origin":"a","size":1,"root":"x","note":"a\n1\nx\n"})", R"({"note":"\u001b[2J"})"}) {
        fake_daemon daemon;
        daemon.answers("audit.checkpoint", answer);
        daemon.answers("audit.key", answer);
        BOOST_TEST(run(daemon, {"audit", "checkpoint"}).code == 5, answer);
        const auto key = run(daemon, {"audit", "key"});
        BOOST_TEST(key.code == 5, answer);
        BOOST_TEST(key.out == "");
    }
    fake_daemon daemon;
    daemon.answers("audit.key", R"({"origin":"a","key":"b+01020304+AQID"})");
    BOOST_TEST(run(daemon, {"audit", "key"}).code == 5);
}

BOOST_AUTO_TEST_CASE(a_proof_file_holds_the_bytes_that_were_hashed) {
    proving_log log{0};
    log.append(R"({"seq":1, "payload" : {"n":1.10,"s":"}\",é"} })");
    log.append(R"({"seq":2})");
    log.append(R"({"seq":3})");
    const auto got = log.run({"prove", "1"});
    BOOST_TEST(got.err == "");
    BOOST_TEST(got.out == proof_of(log, 1, 3));
    check_golden("screens/audit-prove.txt", got.out);
    BOOST_TEST(log.run({"prove", "3"}).out == proof_of(log, 3, 3));
    BOOST_TEST(log.daemon.requests().back().params == R"({"seq":3})");
}

BOOST_AUTO_TEST_CASE(a_proof_that_proves_nothing_is_not_printed) {
    proving_log log{9};
    const auto note = json_string(log.note());
    const auto hashes = "\"" + to_base64(log.inclusion(4, 9)[0]) + "\"";
    for (const auto& answer :
         {std::string{"{}"}, std::string{"null"},
          fmt::format(R"({{"index":4,"size":9,"hashes":[],"record":{},"note":{}}})", log.record(4), note),
          fmt::format(R"({{"index":4,"size":9,"hashes":[{}],"record":{},"note":{}}})", hashes, log.record(4), note),
          fmt::format(R"({{"index":4,"size":9,"hashes":[7],"record":{},"note":{}}})", log.record(4), note),
          fmt::format(R"({{"index":5,"size":9,"hashes":[],"record":{},"note":{}}})", log.record(4), note),
          fmt::format(R"({{"index":4,"size":9,"hashes":"","record":{},"note":{}}})", log.record(5), note),
          fmt::format(R"({{"index":4,"size":9,"hashes":[],"record":{},"note":null}})", log.record(4))}) {
        log.daemon.answers("audit.inclusion", answer);
        const auto got = log.run({"prove", "5"});
        BOOST_TEST(got.code == 5, answer);
        BOOST_TEST(got.out == "");
        BOOST_TEST(!got.err.empty());
    }
    log.daemon.refuses("audit.inclusion", 1501, "unknown_record", "there is no record 99");
    BOOST_TEST(log.run({"prove", "99"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_bundle_has_a_proof_for_each_record_of_the_session) {
    const temporary_directory dir;
    proving_log log{20};
    log.largest_page = 2;
    const auto target = dir.path() / "bundle";
    const auto got = log.run({"prove", "--session", "7", target.string()});
    BOOST_TEST(got.err == "");
    BOOST_TEST(got.out.starts_with("6 proofs of session 7 and their checkpoint (size 20) are in"));
    const std::vector<std::string> expected{"12.tlog-proof", "15.tlog-proof", "18.tlog-proof", "3.tlog-proof",
                                            "6.tlog-proof",  "9.tlog-proof",  "checkpoint"};
    BOOST_TEST(names_in(target) == expected, boost::test_tools::per_element());
    BOOST_TEST(read_file(target / "checkpoint") == log.note());
    BOOST_TEST(read_file(target / "12.tlog-proof") == proof_of(log, 12, 20));
    log.grow_to(21);
    write_file(target / ".checkpoint.1.tmp", "left by a run that was killed");
    BOOST_TEST(log.run({"prove", "--session", "7", target.string()}).code == 0);
    BOOST_TEST(read_file(target / "12.tlog-proof") == proof_of(log, 12, 21));
    BOOST_TEST(read_file(target / "21.tlog-proof") == proof_of(log, 21, 21));
}

BOOST_AUTO_TEST_CASE(records_beyond_the_checkpoint_are_left_out_and_said) {
    const temporary_directory dir;
    proving_log log{24};
    const auto signed_then = log.note(20);
    log.daemon.answers("audit.checkpoint",
                       fmt::format(R"({{"origin":"example.com/valhalla","size":20,"root":"{}","note":{}}})",
                                   to_base64(log.root(20)), json_string(signed_then)));
    const auto got = log.run({"prove", "--session", "7", dir.path().string()});
    BOOST_TEST(got.out.find("2 newer records") != std::string::npos, got.out);
    BOOST_TEST(!fs::exists(dir.path() / "21.tlog-proof"));
    BOOST_TEST(read_file(dir.path() / "checkpoint") == signed_then);
    BOOST_TEST(log.run({"prove", "--session", "7", dir.path().string(), "--json"}).out.find(R"("left_out":2)") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bundle_says_whether_it_shows_that_nothing_is_missing) {
    const auto end = [](const std::string& count) {
        return fmt::format(R"({{"v":1,"seq":21,"ts_utc":"2026-11-22T12:00:00.000000Z","event":"GO_SESSION_END",)"
                           R"("actor":{{"name":"anna","via":"unix"}},"session":7,"payload":{{"id":7{}}}}})",
                           count);
    };
    const auto prove = [](proving_log& log, bool json) {
        const temporary_directory dir;
        std::vector<std::string> words{"prove", "--session", "7", dir.path().string()};
        if (json) {
            words.emplace_back("--json");
        }
        return log.run(words);
    };
    proving_log active{20};
    BOOST_TEST(prove(active, false).out.find("end is not among them: only with it") != std::string::npos);
    BOOST_TEST(prove(active, true).out.find(R"("complete":false)") != std::string::npos);
    proving_log ended{20};
    ended.append(end(R"(,"records":7)"));
    BOOST_TEST(prove(ended, false).out.find("end is among them and counts as many") != std::string::npos);
    BOOST_TEST(prove(ended, true).out.find(R"("complete":true)") != std::string::npos);
    proving_log old{20};
    old.append(end(""));
    BOOST_TEST(prove(old, false).out.find("end does not count its records") != std::string::npos);
    proving_log lying{20};
    lying.append(end(R"(,"records":8)"));
    const auto got = prove(lying, false);
    BOOST_TEST(got.code == 5);
    BOOST_TEST(got.err.find("the end of session 7 counts 8 records, and audit.list gives 7") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bundle_goes_into_a_directory_of_its_own) {
    proving_log log{20};
    const auto refused = [&](const fs::path& directory) {
        const auto before = names_in(directory);
        const auto got = log.run({"prove", "--session", "7", directory.string()});
        BOOST_TEST(got.code == 1);
        BOOST_TEST(names_in(directory) == before, boost::test_tools::per_element());
        return got.err;
    };
    const temporary_directory foreign;
    write_file(foreign.path() / "notes.txt", "x");
    BOOST_TEST(refused(foreign.path()).find("notes.txt") != std::string::npos);
    const temporary_directory other_session;
    write_file(other_session.path() / "1.tlog-proof", proof_of(log, 1, 20));
    BOOST_TEST(refused(other_session.path()).find("1.tlog-proof") != std::string::npos);
    const temporary_directory other_log;
    fake_log other{"other.example/log"};
    other.grow_to(3);
    write_file(other_log.path() / "checkpoint", other.note());
    BOOST_TEST(refused(other_log.path()).find("other.example/log") != std::string::npos);
    const temporary_directory empty;
    BOOST_TEST(log.run({"prove", "--session", "8", (empty.path() / "none").string()}).code == 1);
    BOOST_TEST(names_in(empty.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_bundle_with_a_bad_proof_has_no_checkpoint) {
    const temporary_directory dir;
    proving_log log{20};
    log.daemon.on("audit.inclusion", [&](const boost::json::value& p) {
        const auto seq = p.at("seq").as_int64() == 9 ? 12 : p.at("seq").as_int64();
        return result(fmt::format(R"({{"index":{},"size":20,"hashes":[],"record":{},"note":null}})", seq - 1,
                                  log.record(static_cast<std::size_t>(seq - 1))));
    });
    BOOST_TEST(log.run({"prove", "--session", "7", dir.path().string()}).code == 5);
    BOOST_TEST(!fs::exists(dir.path() / "checkpoint"));
}

BOOST_AUTO_TEST_CASE(a_witness_is_sent_the_file_and_its_signatures_are_printed) {
    const temporary_directory dir;
    const auto file = dir.path() / "request";
    write_file(file, "old 0\n\nnote\n");
    fake_daemon daemon;
    daemon.answers("audit.witness", R"({"origin":"o","size":1,"signatures":"\u2014 w AQID\n"})");
    BOOST_TEST(run(daemon, {"audit", "witness", file.string()}).out == "\xe2\x80\x94 w AQID\n");
    BOOST_TEST(daemon.only().params == R"({"request":"old 0\n\nnote\n"})");
    BOOST_TEST(run(daemon, {"audit", "witness", "-"}, {.typed = "old 1\n"}).code == 0);
    BOOST_TEST(daemon.requests().back().params == R"({"request":"old 1\n"})");
    daemon.answers("audit.witness", R"({"signatures":["\u2014 w AQID","\u2014 v AQID"]})");
    BOOST_TEST(run(daemon, {"audit", "witness", file.string()}).out == "\xe2\x80\x94 w AQID\n\xe2\x80\x94 v AQID\n");
    for (const auto* nothing : {"{}", R"({"signatures":""})", R"({"signatures":[]})", R"({"signatures":7})"}) {
        daemon.answers("audit.witness", nothing);
        BOOST_TEST(run(daemon, {"audit", "witness", file.string()}).code == 5, nothing);
    }
    daemon.refuses("audit.witness", 1508, "witness_conflict", "the size cosigned last is 4", R"(,"size":4)");
    BOOST_TEST(run(daemon, {"audit", "witness", file.string()}).code == 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_witness_request_is_not_sent) {
    const temporary_directory dir;
    fake_daemon daemon;
    write_file(dir.path() / "empty", "");
    write_file(dir.path() / "long", std::string(16'385, 'x'));
    write_file(dir.path() / "binary", "\xff\xfe");
    for (const auto* name : {"empty", "long", "binary", "missing", "."}) {
        BOOST_TEST(run(daemon, {"audit", "witness", (dir.path() / name).string()}).code == 1, name);
    }
    BOOST_TEST(run(daemon, {"audit", "witness", "-"}, {.typed = std::string(16'385, 'x')}).code == 1);
    BOOST_TEST(daemon.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_witness_request_is_made_of_consistency_and_checkpoint) {
    proving_log log{11};
    for (const std::size_t old_size : {0U, 1U, 6U, 8U, 11U}) {
        BOOST_TEST(log.run({"witness-request", std::to_string(old_size)}).out ==
                   fmt::format("old {}\n{}\n{}", old_size, base64_lines(log.consistency(old_size, 11)), log.note()));
    }
    const auto beyond = log.run({"witness-request", "12"});
    BOOST_TEST(beyond.code == 1);
    BOOST_TEST(beyond.err.find("11 records") != std::string::npos);
    log.daemon.answers("audit.consistency", R"({"old_size":6,"size":12,"hashes":[]})");
    BOOST_TEST(log.run({"witness-request", "6"}).code == 5);
    log.daemon.answers("audit.consistency", R"({"old_size":6,"size":11,"hashes":{}})");
    BOOST_TEST(log.run({"witness-request", "6"}).code == 5);
}

BOOST_AUTO_TEST_SUITE_END()
