// SPDX-License-Identifier: Apache-2.0
#include "schema/backup_dir.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;
using namespace std::chrono_literals;
using schema::backup_dir;
using valhalla::tests::put_content;

namespace {

const unix_micros noon = parse_utc("2026-01-31T12:00:00Z").value();

struct backups_of_a_day {
    tests::temporary_directory tmp;
    backup_dir directory{tmp.path() / "backup"};

    /// As the daemon makes one; its name.
    std::string make(unix_micros now, std::uint64_t records) const {
        auto name = directory.next_name(now, records);
        put_content(directory.draft(), "database");
        directory.put_checkpoint(name, "checkpoint");
        directory.publish(name);
        return name;
    }
    void put(const std::string& name) const { put_content(directory.path() / name, "of the administrator"); }
    [[nodiscard]] bool holds(const std::string& name) const { return std::filesystem::exists(directory.path() / name); }
};

using names = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backup_directory, backups_of_a_day)

BOOST_AUTO_TEST_CASE(the_name_says_when_and_how_many) {
    BOOST_TEST(make(noon + 999'999us, 7) == "valhalla-20260131T120000Z-0000000007.db");
    BOOST_TEST(make(noon + 1h, 12'345'678'901) == "valhalla-20260131T130000Z-12345678901.db");
}

BOOST_AUTO_TEST_CASE(names_go_on_where_the_clock_does_not) {
    const names made{make(noon, 5), make(noon, 5), make(noon - 24h * 30, 6), make(noon + 1s, 7), make(noon + 1h, 7)};
    BOOST_TEST(made[1] == "valhalla-20260131T120001Z-0000000005.db");
    BOOST_TEST(made[2] == "valhalla-20260131T120002Z-0000000006.db");
    BOOST_TEST(made[4] == "valhalla-20260131T130000Z-0000000007.db");
    BOOST_TEST(std::ranges::is_sorted(made));
    BOOST_TEST(directory.names() == made, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_newest_are_kept_and_their_checkpoints) {
    const auto first = make(noon + 24h, 5);
    const auto second = make(noon, 6);  // the clock was put right
    const auto third = make(noon, 7);
    const auto done = directory.remove_all_but(2, third);
    BOOST_TEST(done.removed == names{first}, boost::test_tools::per_element());
    BOOST_TEST(done.left.empty());
    BOOST_TEST((holds(second) && holds(third + ".checkpoint")));
    BOOST_TEST(!holds(first + ".checkpoint"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_a_link_leads_to_keeps_its_mode) {
    using std::filesystem::perms;
    const auto other = tmp.path() / "other";
    const auto link = tmp.path() / "link";
    std::filesystem::create_directory(other);
    std::filesystem::create_directory_symlink(other, link);
    const auto for_all = perms::owner_all | perms::group_all | perms::set_gid;
    std::filesystem::permissions(other, for_all);
    BOOST_CHECK_EXCEPTION(backup_dir{link}, schema::storage_error, [&](const schema::storage_error& e) {
        return std::string{e.what()}.find(link.string() + " is a symbolic link") != std::string::npos;
    });
    BOOST_TEST((std::filesystem::status(other).permissions() == for_all));
    std::filesystem::permissions(other, perms::owner_all);
    BOOST_CHECK_NO_THROW(backup_dir{link});
    std::filesystem::permissions(directory.path(), for_all);
    const backup_dir again{directory.path()};
    BOOST_TEST((std::filesystem::status(again.path()).permissions() == perms::owner_all));
}

BOOST_AUTO_TEST_CASE(the_one_just_made_is_never_removed) {
    const auto made = make(noon, 5);
    put("valhalla-99991231T235959Z-0000000001.db");
    const auto done = directory.remove_all_but(1, made);
    BOOST_TEST(done.removed == names{"valhalla-99991231T235959Z-0000000001.db"}, boost::test_tools::per_element());
    BOOST_TEST(holds(made));
    BOOST_TEST(make(noon, 5) == "valhalla-20260131T120001Z-0000000005.db");
}

BOOST_AUTO_TEST_CASE(what_has_another_name_is_no_backup_and_stays) {
    const names foreign{"valhalla-before-upgrade.db",
                        "valhalla-before-upgrade.db.checkpoint",
                        "valhalla-20260131T120000Z-7.db",
                        "valhalla-20260131T120000Z-00000000007.db",
                        "valhalla-20260131T120000Z-0000000007-copy.db",
                        "valhalla-20260131T250000Z-0000000007.db",
                        "valhalla-20261331T120000Z-0000000007.db.checkpoint",
                        "valhalla-20260131T120000Z.db",
                        "valhalla-.db",
                        "notes"};
    std::ranges::for_each(foreign, [this](const auto& name) { put(name); });
    BOOST_TEST(directory.names().empty());
    BOOST_TEST(!schema::newest_backup_time(directory.path()).has_value());
    const auto made = make(noon, 7);
    const auto done = directory.remove_all_but(1, made);
    const backup_dir again{directory.path()};
    BOOST_TEST((done.removed.empty() && done.left.empty()));
    for (const auto& name : foreign) {
        BOOST_TEST(holds(name), name);
    }
    BOOST_TEST(directory.names() == names{made}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_checkpoint_of_no_backup_is_cleared_away) {
    const auto made = make(noon, 7);
    put("valhalla-20200101T000000Z-0000000007.db.checkpoint");
    schema::clear_backup_leftovers(directory.path());
    BOOST_TEST(!holds("valhalla-20200101T000000Z-0000000007.db.checkpoint"));
    BOOST_TEST(holds(made + ".checkpoint"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_removed_is_told_and_hinders_nothing) {
    const std::string folder = "valhalla-20200101T000000Z-0000000001.db";
    std::filesystem::create_directory(directory.path() / folder);
    const auto first = make(noon, 5);
    const auto second = make(noon, 6);
    const auto done = directory.remove_all_but(1, second);
    BOOST_TEST(done.removed == names{first}, boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(done.left.size() == 1U);
    BOOST_TEST(done.left.front().find(folder) != std::string::npos);
    BOOST_TEST(directory.names() == names{second}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_time_of_the_newest_is_when_its_file_was_written) {
    const auto earlier = make(noon + 24h, 5);
    const auto newest = make(noon, 6);
    const auto set = [this](const std::string& name, std::time_t to) {
        const std::array<timespec, 2> times{timespec{to, 0}, timespec{to, 0}};
        BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, (directory.path() / name).c_str(), times.data(), 0) == 0);
    };
    set(earlier, 1'000'086'400);
    set(newest, 1'000'000'000);
    put("valhalla-zzz.db");
    std::filesystem::create_directory(directory.path() / "valhalla-99991231T235959Z-0000000001.db");
    BOOST_TEST((schema::newest_backup_time(directory.path()) == unix_micros{1'000'000'000s}));
}

BOOST_AUTO_TEST_SUITE_END()
