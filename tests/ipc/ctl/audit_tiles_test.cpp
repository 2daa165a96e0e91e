// SPDX-License-Identifier: Apache-2.0
//
// audit tiles: the files of every size, what a second run asks for, and answers that must never become a directory that
// looks good.
#include <filesystem>
#include <random>
#include <set>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/ipc/ctl/fake_log.hpp"

BOOST_AUTO_TEST_SUITE(ctl_audit_tiles)

using namespace valhalla::ctl;
using namespace valhalla::ctl::test;
namespace fs = std::filesystem;

namespace {

struct tiled_log : fake_log {
    tiled_log() { serve(daemon); }
    [[nodiscard]] outcome mirror(const fs::path& to) { return run(daemon, {"audit", "tiles", to.string()}); }
    fake_daemon daemon;
};

std::set<std::string> files_in(const fs::path& directory) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
        if (entry.is_regular_file()) {
            files.insert(fs::relative(entry.path(), directory).string());
        }
    }
    return files;
}

std::string bundle(const fake_log& log, std::size_t begin, std::size_t end) {
    std::string bytes;
    for (auto i = begin; i < end; ++i) {
        const auto& record = log.record(i);
        bytes += static_cast<char>(record.size() / 256);
        bytes += static_cast<char>(record.size() % 256);
        bytes += record;
    }
    return bytes;
}

/// Path by path what the directory must hold for the log's size; returns the paths.
std::set<std::string> check_files(fake_log& log, const fs::path& directory) {
    std::set<std::string> expected{"checkpoint"};
    const auto check = [&](const std::string& path, const std::string& bytes) {
        expected.insert(path);
        BOOST_TEST((read_file(directory / path) == bytes), path);
    };
    BOOST_TEST(read_file(directory / "checkpoint") == log.note());
    for (std::size_t level = 0, hashes = log.size(); hashes > 0; ++level, hashes /= 256) {
        for (std::size_t index = 0; index * 256 < hashes; ++index) {
            const auto width = std::min<std::size_t>(256, hashes - index * 256);
            const auto name = fmt::format("{:03}{}", index, width < 256 ? fmt::format(".p/{}", width) : "");
            check(fmt::format("tile/{}/{}", level, name), log.tile(level, index, width));
            if (level == 0) {
                check("tile/entries/" + name, bundle(log, index * 256, index * 256 + width));
            }
        }
    }
    return expected;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_directory_has_the_files_of_its_size_and_no_other) {
    for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 65'536U, 70'000U}) {
        BOOST_TEST_CONTEXT(size) {
            const temporary_directory dir;
            tiled_log log;
            log.grow_to(size);
            const auto got = log.mirror(dir.path() / "made");
            BOOST_TEST(got.err == "");
            BOOST_TEST(got.code == 0);
            const auto expected = check_files(log, dir.path() / "made");
            BOOST_TEST((files_in(dir.path() / "made") == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(sizes_of_the_specification_have_their_partial_tiles) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(70'000);
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    for (const auto* path : {"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
                             "tile/entries/272", "tile/entries/273.p/112"}) {
        BOOST_TEST(fs::exists(dir.path() / path), path);
    }
}

BOOST_AUTO_TEST_CASE(growth_asks_for_what_is_new_only) {
    const temporary_directory dir;
    tiled_log log;
    std::mt19937 random{20'261'122};
    std::set<std::string> full_tiles;
    for (std::size_t size = 0; size < 9'000; size += random() % 700) {
        log.grow_to(size);
        log.tiles_asked.clear();
        log.pages_asked.clear();
        const auto before = fs::exists(dir.path() / "checkpoint") ? read_file(dir.path() / "checkpoint") : "";
        const auto old_size = before.empty() ? 0 : std::stoul(before.substr(before.find('\n')));
        BOOST_TEST(log.mirror(dir.path()).code == 0);
        static_cast<void>(check_files(log, dir.path()));
        for (const auto& tile : log.tiles_asked) {
            const bool is_full = tile.ends_with("/256");
            BOOST_TEST((!is_full || full_tiles.insert(tile).second), tile << " was fetched twice");
        }
        for (const auto after : log.pages_asked) {
            BOOST_TEST(after >= static_cast<std::int64_t>(old_size / 256 * 256));
        }
        // No partial version of what is full.
        for (const auto& path : files_in(dir.path())) {
            const auto partial = path.find(".p/");
            BOOST_TEST((partial == std::string::npos || !fs::exists(dir.path() / path.substr(0, partial))), path);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_second_run_at_the_same_size_writes_nothing_and_asks_for_no_record) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(700);
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    log.pages_asked.clear();
    log.tiles_asked.clear();
    const auto got = run(log.daemon, {"audit", "tiles", dir.path().string(), "--json"});
    BOOST_TEST(got.out.ends_with("\"written\":0}\n"), got.out);
    BOOST_TEST(log.pages_asked.empty());
    BOOST_TEST((log.tiles_asked == std::vector<std::string>{"0/2/188", "1/0/2"}));
    static_cast<void>(check_files(log, dir.path()));
}

BOOST_AUTO_TEST_CASE(small_pages_make_the_same_bundles) {
    const temporary_directory dir;
    tiled_log log;
    log.largest_page = 7;
    log.grow_to(300);
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    static_cast<void>(check_files(log, dir.path()));
}

BOOST_AUTO_TEST_CASE(a_run_that_was_cut_off_is_taken_up_and_its_damage_repaired) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(1000);
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    fs::remove(dir.path() / "checkpoint");
    write_file(dir.path() / "tile/0/001", std::string(8192, 'x'));
    write_file(dir.path() / "tile/0/002", "short");
    write_file(dir.path() / "tile/entries/000", bundle(log, 0, 255));
    log.tiles_asked.clear();
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    static_cast<void>(check_files(log, dir.path()));
    BOOST_TEST((log.tiles_asked == std::vector<std::string>{"0/3/232", "1/0/3", "0/1/256", "0/2/256"}));
}

BOOST_AUTO_TEST_CASE(another_log_or_a_shorter_one_or_a_rewritten_one_is_refused) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(600);
    BOOST_TEST(log.mirror(dir.path()).code == 0);
    const auto files = files_in(dir.path());
    const auto note = read_file(dir.path() / "checkpoint");
    const auto refused = [&](tiled_log& other, int code, std::string_view sentence) {
        const auto got = other.mirror(dir.path());
        BOOST_TEST(got.code == code);
        BOOST_TEST(got.err.find(sentence) != std::string::npos, got.err);
        BOOST_TEST(read_file(dir.path() / "checkpoint") == note);
        static_cast<void>(check_files(log, dir.path()));
    };
    tiled_log shorter;
    shorter.grow_to(599);
    refused(shorter, 5, "its trail was cut or replaced");
    tiled_log same_size;
    same_size.grow_to(600);
    same_size.rewrite(3, same_size.record(4));
    refused(same_size, 5, "different roots");
    tiled_log longer;
    longer.grow_to(700);
    longer.rewrite(599, longer.record(4));
    refused(longer, 5, "its past was rewritten");
    longer.rewrite(3, longer.record(4));
    refused(longer, 5, "its past was rewritten");
    write_file(dir.path() / "checkpoint", "other.example/log" + note.substr(note.find('\n')));
    const auto foreign = log.mirror(dir.path());
    BOOST_TEST(foreign.code == 1);
    BOOST_TEST(foreign.err.find("give another directory") != std::string::npos);
    write_file(dir.path() / "checkpoint", "my shopping list\n");
    BOOST_TEST(log.mirror(dir.path()).code == 1);
    BOOST_TEST((files_in(dir.path()) == files));
}

BOOST_AUTO_TEST_CASE(lies_never_end_in_a_checkpoint) {
    struct lie {
        std::string method;
        std::string from;
        std::string to;
    };
    tiled_log honest;
    honest.grow_to(300);
    const auto one = [](const lie& told, fake_log& log) {
        fake_daemon daemon;
        log.serve(daemon);
        const auto truth = daemon.connect();
        fake_daemon liar;
        log.serve(liar);
        liar.on(told.method, [&, truth](const boost::json::value& p) {
            auto text = truth(told.method, boost::json::serialize(p)).text;
            const auto at = text.find(told.from);
            if (at != std::string::npos) {
                text.replace(at, told.from.size(), told.to);
            }
            return result(text);
        });
        const temporary_directory dir;
        const auto got = run(liar, {"audit", "tiles", dir.path().string()});
        BOOST_TEST(got.code == 5, told.method << ' ' << told.to << ": " << got.err);
        BOOST_TEST(got.err.find("cannot be relied on") != std::string::npos, got.err);
        BOOST_TEST(!fs::exists(dir.path() / "checkpoint"));
    };
    const std::vector<lie> lies{
        {"audit.tile", R"("width":256)", R"("width":255)"},
        {"audit.tile", R"("width":44)", R"("width":"44")"},
        {"audit.tile", R"("index":0)", R"("index":1)"},
        {"audit.tile", R"("level":0)", R"("level":null)"},
        {"audit.tile", R"("hashes":")", R"("hashes":"AAAA)"},
        {"audit.tile", R"("hashes":")", R"("hashes":"!)"},
        {"audit.tile", R"("hashes":)", R"("tiles":)"},
        {"audit.list", R"("seq":1,)", R"("seq":2,)"},
        {"audit.list", R"("seq":17,)", R"("seq":18,)"},
        {"audit.list", R"("n":5.50)", R"("n":5.5)"},
        {"audit.list", R"("seq":9,)", R"("seq":"9",)"},
        {"audit.list", R"("items":[)", R"("items":[7,)"},
        {"audit.list", R"("items":[)", R"("items":[],"rest":[)"},
        {"audit.list", R"("items":)", R"("things":)"},
        {"audit.checkpoint", R"("size":300)", R"("size":301)"},
        {"audit.checkpoint", R"("size":300)", R"("size":"300")"},
        {"audit.checkpoint", R"("note":")", R"("note":"x)"},
        {"audit.checkpoint", R"("root":")", R"("root":"A)"},
        {"audit.checkpoint", R"(\n300\n)", R"(\n0300\n)"},
        {"audit.checkpoint", R"(\n300\n)", R"(\n99999999999999999999\n)"},
        {"audit.checkpoint", R"(\n\n)", R"(\n)"},
    };
    for (const auto& told : lies) {
        one(told, honest);
    }
}

BOOST_AUTO_TEST_CASE(a_tile_that_is_not_of_the_tree_is_not_written) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(600);
    log.daemon.on("audit.tile", [&](const boost::json::value& p) {
        const auto width = p.at("width").as_int64();
        const auto level = p.at("level").as_int64();
        auto bytes = log.tile(static_cast<std::size_t>(level), static_cast<std::size_t>(p.at("index").as_int64()),
                              static_cast<std::size_t>(width));
        if (width == 256) {
            bytes[4000] = static_cast<char>(bytes[4000] ^ 1);
        }
        return result(fmt::format(R"({{"level":{},"index":{},"width":{},"hashes":"{}"}})", level,
                                  p.at("index").as_int64(), width, to_base64(bytes)));
    });
    const auto got = log.mirror(dir.path());
    BOOST_TEST(got.code == 5);
    BOOST_TEST(got.err.find("tile 0 of level 0 does not have its root") != std::string::npos, got.err);
    BOOST_TEST(files_in(dir.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_in_the_middle_leaves_no_checkpoint) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(300);
    log.daemon.refuses("audit.list", 1903, "shutting_down", "the daemon stops");
    const auto got = log.mirror(dir.path());
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.err == "valhallactl: the daemon stops\n");
    BOOST_TEST(!fs::exists(dir.path() / "checkpoint"));
}

BOOST_AUTO_TEST_CASE(json_says_what_was_written) {
    const temporary_directory dir;
    tiled_log log;
    log.grow_to(256);
    const auto arguments = std::vector<std::string>{"audit", "tiles", dir.path().string(), "--json"};
    BOOST_TEST(run(log.daemon, arguments).out ==
               fmt::format("{{\"directory\":\"{}\",\"origin\":\"example.com/valhalla\",\"size\":256,\"written\":3}}\n",
                           dir.path().string()));
}

BOOST_AUTO_TEST_SUITE_END()
