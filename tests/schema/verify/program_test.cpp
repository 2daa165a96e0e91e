// SPDX-License-Identifier: Apache-2.0
//
// valhalla-verify as a program: exit codes, output for people and for programs.
#include <cstdio>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>

#include "schema/model/json_value.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"

namespace valhalla::tests {
namespace {

struct run_result {
    int exit_code = -1;
    std::string output;
};

/// `arguments` as a shell reads them.
run_result run(const std::string& arguments, const std::string& before = {}) {
    const auto command = before + "'" VALHALLA_VERIFY "' " + arguments + " 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    BOOST_REQUIRE(pipe != nullptr);
    run_result result;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        result.output.append(buffer.data(), got);
    }
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

bool holds(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_program)

BOOST_AUTO_TEST_CASE(exit_codes_and_words_are_those_of_the_manual) {
    const evidence_fixture trail;
    trail.put_anchor();
    const auto good = run("--key " + verifier_text(trail.key) + " " + trail.dir().string());
    BOOST_TEST(good.exit_code == 0);
    BOOST_TEST(holds(good.output, ": verified\n"));
    BOOST_TEST(holds(good.output, "size         700 records"));
    BOOST_TEST(holds(good.output, schema::to_hex(trail.at(700).head.root)));
    BOOST_TEST(holds(good.output, "2023-11-14T22:13:21.000000Z to 2023-11-14T22:25:00.000000Z"));
    BOOST_TEST(!holds(good.output, "\x1b"));
    trail.split_rows();
    trail.attack("UPDATE audit SET ts_us = 0 WHERE seq = 41");
    const auto bad = run(trail.dir().string());
    BOOST_TEST(bad.exit_code == 5);
    BOOST_TEST(holds(bad.output, ": VERIFICATION FAILED\n"));
    BOOST_TEST(holds(bad.output, "record 41: column ts_us"));
    BOOST_TEST(holds(bad.output, "good until   40 records"));
    const auto missing = run("/nothing");
    BOOST_TEST(missing.exit_code == 1);
    BOOST_TEST(holds(missing.output, "cannot be read"));
    BOOST_TEST(run("").exit_code == 3);
    BOOST_TEST(run("--what").exit_code == 3);
    BOOST_TEST(run("--quorum many x").exit_code == 3);
    BOOST_TEST(run("--quorum -1 x").exit_code == 3);
    BOOST_TEST(run("--quorum 1 x").exit_code == 3);
    BOOST_TEST(run("one two").exit_code == 3);
    BOOST_TEST(run("--help").exit_code == 0);
}

BOOST_AUTO_TEST_CASE(json_is_one_object) {
    const evidence_fixture trail;
    trail.put_anchor();
    const auto member = [](const run_result& r, const char* key) {
        json_document document;
        BOOST_REQUIRE(!document.parse(r.output));
        const auto v = document.root().find(key);
        BOOST_REQUIRE(v.has_value());
        return std::string{v->raw()};
    };
    const auto good = run("--json " + trail.dir().string());
    BOOST_TEST(good.exit_code == 0);
    BOOST_TEST(member(good, "verified") == "true");
    BOOST_TEST(member(good, "kind") == "\"database\"");
    BOOST_TEST(member(good, "size") == "700");
    BOOST_TEST(member(good, "root") == "\"" + schema::to_hex(trail.at(700).head.root) + "\"");
    BOOST_TEST(member(good, "problem") == "null");
    BOOST_TEST(member(good, "key_from_trail") == "true");
    trail.split_rows();
    trail.attack("DELETE FROM audit WHERE seq = 41");
    const auto bad = run("--json " + trail.dir().string());
    BOOST_TEST(bad.exit_code == 5);
    BOOST_TEST(member(bad, "verified") == "false");
    BOOST_TEST(member(bad, "problem") ==
               R"({"seq":41,"table":"audit","file":null,"message":"record 41: it is missing; the next one is 42"})");
    const auto missing = run("--json /nothing");
    BOOST_TEST(missing.exit_code == 1);
    BOOST_TEST(member(missing, "verified") == "false");
    BOOST_TEST(run("--json --quorum 2 x").exit_code == 3);
}

BOOST_AUTO_TEST_CASE(a_log_may_come_through_a_pipe) {
    const evidence_fixture trail;
    const auto log = trail.put_log().string();
    const auto newest = trail.put("newest", trail.note(700)).string();
    BOOST_TEST(run("--log - --checkpoint " + newest, "cat " + log + " | ").exit_code == 0);
    BOOST_TEST(run("--log - --checkpoint " + newest, "head -n 300 " + log + " | ").exit_code == 5);
}

BOOST_AUTO_TEST_CASE(nothing_out_of_the_evidence_reaches_the_terminal_raw) {
    verify::report r;
    r.path = "x\x1b[2Jy";
    r.result = verify::outcome::failed;
    r.what = verify::problem{.file = "a\nb", .message = "\x07 \xff \u00e4"};
    BOOST_TEST(r.text() ==
               "x\\x1b[2Jy: VERIFICATION FAILED\n  problem      a\\nb: \\x07 \\xff \u00e4\n  kind         \n");
    json_document document;
    BOOST_TEST(!document.parse(r.json()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
