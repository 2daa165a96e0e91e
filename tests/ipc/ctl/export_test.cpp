// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "schema/proof/merkle_tree.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_export)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;
namespace json = boost::json;

namespace {

std::string digest_of(std::string_view bytes) {
    return valhalla::schema::to_hex(valhalla::schema::hasher{}.plain(bytes));
}

/// Serves a set as the daemon does, in small pieces.
struct exporting_daemon : fake_daemon {
    static constexpr std::size_t piece = 5;

    exporting_daemon() {
        set = {{"audit.log", "{\"seq\":1}\n{\"seq\":2}\n"}, {"cone_state.json", "{}\n"}, {"sessions.json", ""}};
        answers("export.write", R"({"directory":"/var/lib/valhalla/export","tree_size":2,"files":[]})");
        on("export.read", [this](const json::value& p) {
            const auto name = json::value_to<std::string>(p.at("document"));
            before_read(name, static_cast<std::size_t>(p.at("offset").as_int64()));
            const auto bytes = name == "manifest.json" ? manifest() : set.at(name);
            const auto offset = static_cast<std::size_t>(p.at("offset").as_int64());
            const auto text = bytes.substr(offset, piece);
            const auto next = offset + text.size();
            return result(fmt::format(R"({{"document":"{}","offset":{},"size":{},"text":{},"next_offset":{}}})", name,
                                      offset, bytes.size(), json_string(text),
                                      next < bytes.size() ? std::to_string(next) : "null"));
        });
    }
    [[nodiscard]] std::string manifest() const {
        std::string files;
        for (const auto& [name, bytes] : set) {
            files += fmt::format(R"({}{{"name":"{}","bytes":{},"sha256":"{}"}})", files.empty() ? "" : ",", name,
                                 bytes.size(), digest_of(vouched.contains(name) ? vouched.at(name) : bytes));
        }
        return fmt::format("{{\"format\":1,\"tree_size\":2,\"files\":[{}]}}\n", files);
    }

    std::map<std::string, std::string> set;
    std::map<std::string, std::string> vouched;  ///< what the manifest's digest is of, where that differs
    std::function<void(const std::string& name, std::size_t offset)> before_read = [](const auto&, auto) {};
};

}  // namespace

BOOST_AUTO_TEST_CASE(sha256_of_known_texts) {
    BOOST_TEST(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(the_set_arrives_byte_for_byte_and_nothing_else_is_left) {
    const temporary_directory dir;
    const auto target = dir.path() / "new" / "export";
    exporting_daemon daemon;
    const auto got = run(daemon, {"export", target.string()});
    BOOST_TEST(got.err == "");
    BOOST_TEST(got.code == 0);
    for (const auto& [name, bytes] : daemon.set) {
        BOOST_TEST(read_file(target / name) == bytes);
    }
    BOOST_TEST(read_file(target / "manifest.json") == daemon.manifest());
    const std::vector<std::string> expected{"audit.log", "cone_state.json", "manifest.json", "sessions.json"};
    BOOST_TEST(names_in(target) == expected, boost::test_tools::per_element());
    BOOST_TEST(got.out.find("verified: 2 audit records") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_tells_what_was_written) {
    const temporary_directory dir;
    exporting_daemon daemon;
    daemon.set = {{"audit.log", "x"}};
    const auto got = run(daemon, {"export", dir.path().string(), "--json"});
    BOOST_TEST(got.out == fmt::format("{{\"directory\":\"{}\",\"tree_size\":2,\"files\":[{{\"name\":\"audit.log\","
                                      "\"bytes\":1,\"sha256\":\"{}\"}}]}}\n",
                                      dir.path().string(), digest_of("x")));
}

BOOST_AUTO_TEST_CASE(a_wrong_digest_is_5_and_leaves_the_old_files) {
    const temporary_directory dir;
    write_file(dir.path() / "cone_state.json", "old");
    write_file(dir.path() / "manifest.json", "old");
    exporting_daemon daemon;
    daemon.vouched["audit.log"] = "{\"seq\":1}\n{\"seq\":3}\n";
    const auto got = run(daemon, {"export", dir.path().string()});
    BOOST_TEST(got.code == 5);
    BOOST_TEST(got.err.find("audit.log does not have the SHA-256") != std::string::npos);
    BOOST_TEST(read_file(dir.path() / "cone_state.json") == "old");
    BOOST_TEST(read_file(dir.path() / "manifest.json") == "old");
    BOOST_TEST(names_in(dir.path()).size() == 2U);
    BOOST_TEST(daemon.count("export.write") == 2U);
}

BOOST_AUTO_TEST_CASE(a_set_that_was_replaced_meanwhile_is_read_once_more) {
    const temporary_directory dir;
    exporting_daemon daemon;
    bool changed = false;
    daemon.before_read = [&](const std::string& name, std::size_t offset) {
        if (name == "audit.log" && offset > 0 && !changed) {
            changed = true;
            daemon.set["audit.log"] += "{\"seq\":3}\n";
        }
    };
    const auto got = run(daemon, {"export", dir.path().string()});
    BOOST_TEST(got.code == 0);
    BOOST_TEST(daemon.count("export.write") == 1U);  // what replaced ours is newer
    BOOST_TEST(read_file(dir.path() / "audit.log") == daemon.set["audit.log"]);
    BOOST_TEST(read_file(dir.path() / "manifest.json") == daemon.manifest());
}

BOOST_AUTO_TEST_CASE(a_set_that_is_replaced_several_times_arrives_all_the_same) {
    const temporary_directory dir;
    exporting_daemon daemon;
    int changes = 0;
    daemon.before_read = [&](const std::string& name, std::size_t offset) {
        if (name == "audit.log" && offset > 0 && changes < 4) {
            ++changes;
            daemon.set["audit.log"] += "{\"seq\":3}\n";
        }
    };
    BOOST_TEST(run(daemon, {"export", dir.path().string()}).code == 0);
    BOOST_TEST(changes == 4);
    BOOST_TEST(read_file(dir.path() / "audit.log") == daemon.set["audit.log"]);
}

BOOST_AUTO_TEST_CASE(a_set_that_is_replaced_again_and_again_is_1_and_says_so) {
    const temporary_directory dir;
    write_file(dir.path() / "manifest.json", "old");
    exporting_daemon daemon;
    daemon.before_read = [&](const std::string& name, std::size_t offset) {
        if (name == "sessions.json" && offset == 0) {  // after the files that are larger, so that all fit their digests
            daemon.set["audit.log"] += "{\"seq\":3}\n";
        }
    };
    const auto got = run(daemon, {"export", dir.path().string()});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err.find("other exports were made meanwhile") != std::string::npos, got.err);
    BOOST_TEST(read_file(dir.path() / "manifest.json") == "old");
    BOOST_TEST(names_in(dir.path()).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_export_left_is_removed_and_nothing_else) {
    const temporary_directory dir;
    // No process has such a number.
    const std::vector<std::string> left{".audit.log.2147483647.tmp", ".manifest.json.2147483647.tmp"};
    const std::vector<std::string> others{
        ".audit.log.1.tmp",           ".audit.log.2147483647x.tmp", ".audit.log..tmp",
        ".notes.txt.2147483647.tmp",  "audit.log.2147483647.tmp",   ".audit.log.2147483647",
        ".audit.log.-2147483647.tmp", ".audit.log.99999999999.tmp"};
    for (const auto& name : left) {
        write_file(dir.path() / name, "half");
    }
    for (const auto& name : others) {
        write_file(dir.path() / name, "kept");
    }
    std::filesystem::create_directory(dir.path() / ".sessions.json.2147483647.tmp");
    exporting_daemon daemon;
    BOOST_TEST(run(daemon, {"export", dir.path().string()}).code == 0);
    for (const auto& name : left) {
        BOOST_TEST(!std::filesystem::exists(dir.path() / name), name);
    }
    for (const auto& name : others) {
        BOOST_TEST(std::filesystem::exists(dir.path() / name), name);
    }
    BOOST_TEST(std::filesystem::exists(dir.path() / ".sessions.json.2147483647.tmp"));
}

BOOST_AUTO_TEST_CASE(names_that_lead_out_of_the_directory_are_refused) {
    for (const auto* name : {"../evil", "a/b", ".", ".hidden", "", "bell\\u0007"}) {
        const temporary_directory dir;
        exporting_daemon daemon;
        daemon.set = {{name, "x"}};
        const auto got = run(daemon, {"export", (dir.path() / "in").string()});
        BOOST_TEST(got.code == 5);
        BOOST_TEST(names_in(dir.path()).size() == 1U);
        BOOST_TEST(names_in(dir.path() / "in").empty());
    }
}

BOOST_AUTO_TEST_CASE(pieces_that_never_end_are_stopped) {
    const temporary_directory dir;
    exporting_daemon daemon;
    daemon.on("export.read", [](const json::value& p) {
        return result(fmt::format(R"({{"offset":{},"size":9,"text":"","next_offset":0}})", p.at("offset").as_int64()));
    });
    BOOST_TEST(run(daemon, {"export", dir.path().string()}).code == 5);
}

BOOST_AUTO_TEST_CASE(a_refused_export_is_1_and_a_bad_target_too) {
    const temporary_directory dir;
    exporting_daemon daemon;
    write_file(dir.path() / "file", "");
    BOOST_TEST(run(daemon, {"export", (dir.path() / "file").string()}).code == 1);
    BOOST_TEST(daemon.requests().empty());
    daemon.refuses("export.write", 1603, "export_failed", "no space");
    const auto got = run(daemon, {"export", dir.path().string()});
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: no space\n");
}

BOOST_AUTO_TEST_SUITE_END()
