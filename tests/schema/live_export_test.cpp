// SPDX-License-Identifier: Apache-2.0
#include "schema/live_export.hpp"

#include <fcntl.h>
#include <set>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/trail_fixture.hpp"

using namespace valhalla;
using namespace valhalla::schema;
using tests::content_of;
using tests::put_content;

namespace {

namespace fs = std::filesystem;

ino_t exported_inode(const fs::path& file) {
    struct stat about{};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    return about.st_ino;
}

mode_t exported_mode(const fs::path& file) {
    struct stat about{};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    return about.st_mode & 0777U;
}

struct set_given_up {};

template <class Export>
std::string export_fault(Export&& run) {
    try {
        std::forward<Export>(run)();
    } catch (const storage_error& fault) {
        return fault.what();
    }
    return "nothing was thrown";
}

/// A trail that grows, and a directory that an export of it is kept in.
struct live_fixture : tests::store_fixture {
    tests::history past;
    fs::path home = directory_.path() / "files";
    fs::path log = home / "audit.log";
    std::unique_ptr<live_export> files;

    live_fixture() {
        fs::create_directory(home);
        fs::permissions(home, fs::perms{0750});
        write({past.created(), past.started(1), past.noted(1, "one")});
        restart();
    }

    /// As another process would begin.
    void restart() {
        files.reset();
        files = std::make_unique<live_export>(
            live_export::place{.directory = home, .access = {.mode = 0640, .group = {}}, .spool = directory_.path()});
    }
    void grow() { write({past.noted(1, "more")}); }
    export_summary refresh(const std::function<void()>& before_piece = [] {}) const {
        reader from{path};
        return files->write(from, {}, before_piece);
    }
    std::string sentence() const {
        return export_fault([&] { refresh(); });
    }
    /// What a set of now must be.
    fs::path expected() const {
        auto directory = directory_.path() / "expected";
        reader from{path};
        write_export(from, directory);
        return directory;
    }
    void require_fresh() const {
        for (const auto& entry : fs::directory_iterator{expected()}) {
            const auto name = entry.path().filename();
            BOOST_TEST(content_of(home / name) == content_of(entry.path()), name);
            BOOST_TEST(content_of(home / "current" / name) == content_of(entry.path()), name);
        }
    }
    /// The set in force is whole: its documents have the digests of its manifest, and so has the beginning of the log.
    void require_whole() const {
        const auto manifest = boost::json::parse(content_of(home / "current/manifest.json"));
        for (const auto& file : manifest.at("files").as_array()) {
            const std::string name{file.at("name").as_string()};
            auto content = content_of(home / "current" / name);
            if (name == "audit.log") {
                BOOST_REQUIRE(content.size() >= file.at("bytes").to_number<std::size_t>());
                content.resize(file.at("bytes").to_number<std::size_t>());
            }
            sha256_stream digest;
            digest.update(content);
            BOOST_TEST(to_hex(digest.finish()) == std::string{file.at("sha256").as_string()}, name);
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(live_export_, live_fixture)

BOOST_AUTO_TEST_CASE(each_set_is_that_of_an_export_and_bears_the_names_that_people_know) {
    for (int i = 0; i < 5; ++i) {
        const auto told = refresh();
        require_fresh();
        BOOST_TEST(told.tree_size == static_cast<std::uint64_t>(3 + i));
        grow();
    }
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator{home}) {
        names.insert(entry.path().filename());
    }
    const std::set<std::string> known{"audit.log",       "cone_state.json", "current",       "go_progress.json",
                                      "go_session.json", "manifest.json",   "sessions.json", "set-a",
                                      "set-b",           "thresholds.json"};
    BOOST_TEST(names == known, boost::test_tools::per_element());
    BOOST_TEST(exported_mode(home / "go_session.json") == 0640U);
    BOOST_TEST(exported_mode(log) == 0640U);
    BOOST_TEST(exported_mode(home / "current") == 0750U);
}

BOOST_AUTO_TEST_CASE(the_log_grows_in_its_place_and_is_not_written_twice) {
    refresh();
    const auto inode = exported_inode(log);
    const unique_fd follower{::open(log.c_str(), O_RDONLY | O_CLOEXEC)};
    for (int i = 0; i < 3; ++i) {
        if (i == 1) {
            restart();
        }
        grow();
        refresh();
        BOOST_TEST(exported_inode(log) == inode);
    }
    std::string followed(1 << 16, '\0');
    followed.resize(static_cast<std::size_t>(::read(follower.get(), followed.data(), followed.size())));
    BOOST_TEST(followed == content_of(expected() / "audit.log"));
}

BOOST_AUTO_TEST_CASE(a_line_that_was_cut_off_is_completed_where_it_ends) {
    refresh();
    const auto inode = exported_inode(log);
    const auto size = fs::file_size(log);
    for (const bool new_process : {true, false}) {
        for (const std::uintmax_t cut : {std::uintmax_t{1}, std::uintmax_t{7}, size - 1, size}) {
            fs::resize_file(log, size - cut);
            if (new_process) {
                restart();
            }
            refresh();
            require_fresh();
            BOOST_TEST(exported_inode(log) == inode);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_log_of_other_content_is_replaced_as_a_whole) {
    refresh();
    const auto good = content_of(log);
    auto changed = good;
    changed[good.size() / 2] ^= 1;
    for (const auto& other : {changed, good + "{}\n", std::string(good.size() * 2, '\n')}) {
        put_content(log, other);
        restart();
        const auto inode = exported_inode(log);
        const unique_fd keeps_the_inode{::open(log.c_str(), O_RDONLY | O_CLOEXEC)};
        refresh();
        require_fresh();
        BOOST_TEST(exported_inode(log) != inode);
    }
    fs::remove(log);
    refresh();
    require_fresh();
}

BOOST_AUTO_TEST_CASE(files_of_another_program_are_refused_and_left_as_they_are) {
    for (const auto* name : {"go_session.json", "audit.log", "manifest.json"}) {
        put_content(home / name, "{\"old\":1}\n");
        BOOST_TEST(sentence().find(name) != std::string::npos, sentence());
        BOOST_TEST(content_of(home / name) == "{\"old\":1}\n");
        fs::remove(home / name);
    }
    refresh();
    require_fresh();
}

BOOST_AUTO_TEST_CASE(an_export_that_ends_at_any_piece_leaves_the_old_set_in_force) {
    refresh();
    bool done = false;
    for (int allowed = 0; !done; ++allowed) {
        const auto old = content_of(home / "manifest.json");
        grow();
        int left = allowed;
        try {
            refresh([&] {
                if (left-- == 0) {
                    throw set_given_up{};
                }
            });
            done = true;
        } catch (const set_given_up&) {
            BOOST_TEST(content_of(home / "manifest.json") == old);
        }
        require_whole();
        BOOST_REQUIRE(allowed < 100);
    }
    require_fresh();
}

BOOST_AUTO_TEST_CASE(a_reader_inside_a_set_has_it_whole_until_the_one_after_the_next_is_begun) {
    refresh();
    const auto was = content_of(home / "sessions.json");
    const unique_fd inside{::open((home / "current").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    write({past.started(2, "bert")});
    refresh();
    const unique_fd file{::openat(inside.get(), "sessions.json", O_RDONLY | O_CLOEXEC)};
    BOOST_REQUIRE(bool(file));
    std::string read(1 << 16, '\0');
    read.resize(static_cast<std::size_t>(::read(file.get(), read.data(), read.size())));
    BOOST_TEST(read == was);
    BOOST_TEST(content_of(home / "sessions.json") != was);
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_could_write_to_or_that_is_none_is_refused) {
    fs::permissions(home, fs::perms{0770});
    BOOST_TEST(sentence().find("chmod go-w") != std::string::npos, sentence());
    fs::permissions(home, fs::perms{0750});
    fs::rename(home, directory_.path() / "elsewhere");
    BOOST_TEST(sentence().find("No such file") != std::string::npos, sentence());
    fs::create_symlink("elsewhere", home);
    BOOST_TEST(sentence().find("is not a directory") != std::string::npos, sentence());
    BOOST_TEST(fs::is_empty(directory_.path() / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_replaced_gets_a_set_of_its_own) {
    refresh();
    fs::rename(home, directory_.path() / "elsewhere");
    fs::create_directory(home);
    fs::permissions(home, fs::perms{0750});
    const auto elsewhere = content_of(directory_.path() / "elsewhere/manifest.json");
    grow();
    refresh();
    require_fresh();
    BOOST_TEST(content_of(directory_.path() / "elsewhere/manifest.json") == elsewhere);
}

BOOST_AUTO_TEST_CASE(two_daemons_do_not_share_a_directory) {
    refresh();
    live_export other{{.directory = home, .access = {}, .spool = directory_.path()}};
    reader from{path};
    const auto said = export_fault([&] { other.write(from, {}, [] {}); });
    BOOST_TEST(said.find("another daemon") != std::string::npos, said);
    files.reset();
    other.write(from, {}, [] {});
}

BOOST_AUTO_TEST_CASE(a_spool_gives_back_what_went_in_from_memory_and_from_its_file) {
    document_spool spool{directory_.path()};
    std::vector<std::string> documents;
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{10}, limits::spool_memory_bytes - 20, std::size_t{100},
                                    3 * limits::spool_memory_bytes + 17, std::size_t{5}}) {
        const std::string name = std::to_string(documents.size());
        auto& content = documents.emplace_back();
        spool.add(name, "");
        while (content.size() < bytes) {
            std::string piece(std::min(bytes - content.size(), std::size_t{9'973}),
                              static_cast<char>('a' + content.size() % 26));
            spool.add(name, piece);
            content += piece;
        }
    }
    BOOST_REQUIRE(spool.size() == documents.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        std::string read;
        spool.read(i, [&](std::string_view piece) { read += piece; });
        BOOST_TEST((read == documents[i]), i);
    }
    BOOST_TEST(!fs::exists(directory_.path() / ".export.spool"));
}

BOOST_AUTO_TEST_SUITE_END()
