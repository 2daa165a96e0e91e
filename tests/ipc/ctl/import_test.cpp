// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <sys/stat.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/ctl/files.hpp"
#include "ipc/ctl/link.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_import)

using namespace valhalla::ctl::test;
namespace json = boost::json;

namespace {

/// Takes uploads as the daemon does.
struct importing_daemon : fake_daemon {
    importing_daemon() {
        answers("import.begin", R"({"upload":"7"})");
        on("import.put", [this](const json::value& p) {
            BOOST_TEST(p.at("upload") == "7");
            const auto text = json::value_to<std::string>(p.at("text"));
            BOOST_TEST(text.size() <= valhalla::ctl::text_file::max_piece_bytes);
            files[json::value_to<std::string>(p.at("file"))] += text;
            return result("{}");
        });
        answers("import.check", R"({"files":["audit.log"],"sessions":1,"lines":2})");
        answers("import.commit", R"({"sessions":1,"lines":2,"first_seq":3,"last_seq":6})");
        answers("import.cancel", "{}");
    }
    std::map<std::string, std::string> files;
};

}  // namespace

BOOST_AUTO_TEST_CASE(known_files_arrive_byte_for_byte_and_are_committed) {
    const temporary_directory dir;
    std::string log;
    while (log.size() < 700'000) {
        log += "{\"event\":\"Ä東\\u0000 \\\"x\\\"\"}\n";
    }
    write_file(dir.path() / "audit.log", log);
    write_file(dir.path() / "go_session.json", "");
    write_file(dir.path() / "other.txt", "not for import");
    importing_daemon daemon;
    const auto got = run(daemon, {"import", dir.path().string()});
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.err == "");
    BOOST_TEST(got.out == "Imported   1 sessions, 2 log lines\nRecords    3 to 6\n");
    BOOST_TEST(daemon.files.size() == 2U);
    BOOST_TEST((daemon.files["audit.log"] == log));
    BOOST_TEST(daemon.files["go_session.json"] == "");
    BOOST_TEST(daemon.count("import.commit") == 1U);
    BOOST_TEST(daemon.count("import.cancel") == 0U);
}

BOOST_AUTO_TEST_CASE(a_nul_byte_is_told_with_its_line_before_anything_is_uploaded) {
    const temporary_directory dir;
    write_file(dir.path() / "go_session.json", "{}");
    write_file(dir.path() / "audit.log", std::string{"{}\n{}\n{\"a\":\"\0\"}\n", 16});
    importing_daemon daemon;
    const auto got = run(daemon, {"import", dir.path().string()});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: audit.log:3: a NUL byte, which no text has; nothing was imported\n");
    BOOST_TEST(daemon.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_dry_run_checks_and_cancels) {
    const temporary_directory dir;
    write_file(dir.path() / "audit.log", "{}\n");
    importing_daemon daemon;
    const auto got = run(daemon, {"import", "--dry-run", dir.path().string()});
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.out.find("nothing was") != std::string::npos);
    BOOST_TEST(daemon.count("import.commit") == 0U);
    BOOST_TEST(daemon.requests().back().name == "import.cancel");
}

BOOST_AUTO_TEST_CASE(a_refused_check_cancels_and_shows_why) {
    const temporary_directory dir;
    write_file(dir.path() / "audit.log", "{\n");
    importing_daemon daemon;
    daemon.refuses("import.check", 1600, "import_refused", "audit.log:1: the line is cut off");
    const auto got = run(daemon, {"import", dir.path().string()});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: audit.log:1: the line is cut off\n");
    BOOST_TEST(daemon.requests().back().name == "import.cancel");
    BOOST_TEST(daemon.count("import.commit") == 0U);
}

BOOST_AUTO_TEST_CASE(a_failed_cancel_does_not_hide_the_reason) {
    const temporary_directory dir;
    write_file(dir.path() / "audit.log", "{\n");
    importing_daemon daemon;
    daemon.refuses("import.put", 1601, "state_not_fresh", "the reason");
    daemon.refuses("import.cancel", -32603, "internal_error", "something else");
    BOOST_TEST(run(daemon, {"import", dir.path().string()}).err == "valhallactl: the reason\n");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_named_by_file_and_line_before_anything_is_sent) {
    for (const std::string bad : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"}) {
        const temporary_directory dir;
        write_file(dir.path() / "go_session.json", "{}");
        write_file(dir.path() / "audit.log", "{\"ok\":1}\n{\"bad\":\"" + bad);
        importing_daemon daemon;
        const auto got = run(daemon, {"import", dir.path().string()});
        BOOST_TEST(got.code == 1);
        BOOST_TEST(got.err.starts_with("valhallactl: audit.log:2: "));
        BOOST_TEST(daemon.requests().empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_directory_of_files_is_told_apart) {
    const temporary_directory dir;
    write_file(dir.path() / "file", "");
    std::filesystem::create_directory(dir.path() / "empty");
    std::filesystem::create_directories(dir.path() / "odd" / "audit.log");
    std::filesystem::create_directory(dir.path() / "pipe");
    BOOST_REQUIRE(::mkfifo((dir.path() / "pipe" / "audit.log").c_str(), 0600) == 0);
    std::filesystem::create_directory(dir.path() / "dangling");
    std::filesystem::create_symlink("nowhere", dir.path() / "dangling" / "audit.log");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"missing", "there is no directory"}, {"file", "is not a directory"},
        {"empty", "has none of the files"},   {"odd", "is a directory where a file should be"},
        {"pipe", "is not a regular file"},    {"dangling", "cannot read"}};
    for (const auto& [name, sentence] : cases) {
        importing_daemon daemon;
        const auto got = run(daemon, {"import", (dir.path() / name).string()});
        BOOST_TEST(got.code == 1);
        BOOST_TEST(got.err.find(sentence) != std::string::npos, got.err);
        BOOST_TEST(daemon.requests().empty());
    }
}

BOOST_AUTO_TEST_CASE(pieces_end_between_characters_and_stay_short_when_escaped) {
    const temporary_directory dir;
    std::string text(valhalla::ctl::text_file::max_piece_bytes - 1, 'a');
    text += "東\n";
    text += std::string(300'000, '\x01');
    write_file(dir.path() / "f", text);
    valhalla::ctl::text_file file{dir.path() / "f", "f"};
    std::string all;
    while (const auto piece = file.next_piece()) {
        BOOST_TEST(!piece->empty());
        BOOST_TEST(valhalla::ctl::json_string(*piece).size() < 1'000'000U);
        all += *piece;
    }
    BOOST_TEST((all == text));
}

BOOST_AUTO_TEST_SUITE_END()
