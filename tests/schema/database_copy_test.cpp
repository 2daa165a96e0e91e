// SPDX-License-Identifier: Apache-2.0
#include "schema/database_copy.hpp"

#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "schema/limits.hpp"
#include "schema/verify/verify.hpp"
#include "tests/full_disk.hpp"
#include "tests/not_tested.hpp"
#include "tests/schema/trail_fixture.hpp"

using namespace valhalla;
using namespace valhalla::tests;

namespace {

/// Large enough for a few steps.
struct copied_store : store_fixture {
    copied_store() {
        std::vector<audit_entry> entries{trail.created()};
        for (int i = 0; i < 400; ++i) {
            entries.push_back(trail.entry(events::foreign{"X_TEST", large}));
        }
        append(store, entries);
    }

    const std::string large = "{\"text\":\"" + std::string(20'000, 'x') + "\"}";
    history trail;
    schema::ledger_store store{path};
    std::filesystem::path copy = path.parent_path() / "copy.db";
};

verify::report verified(const std::filesystem::path& copy) {
    schema::seal_copy(copy);
    return verify::verify_evidence({.path = copy.string()});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(database_copies)

BOOST_FIXTURE_TEST_CASE(what_is_written_meanwhile_is_copied_along, copied_store) {
    auto under_way = store.copy_to(copy);
    int steps = 0;
    while (!under_way->advance()) {
        append(store, {trail.foreign("X_MEANWHILE")});
        ++steps;
    }
    BOOST_TEST(steps > 3);
    const auto head = store.head();
    under_way.reset();
    append(store, {trail.foreign("X_AFTER")});
    const auto found = verified(copy);
    BOOST_TEST((found.result == verify::outcome::verified), found.text());
    BOOST_TEST((found.head == head));
}

BOOST_FIXTURE_TEST_CASE(a_checkpoint_between_two_steps_changes_nothing, copied_store) {
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
        append(store, {trail.foreign("X_MEANWHILE")});
        store.checkpoint();
    }
    under_way.reset();
    BOOST_TEST((verified(copy).head == store.head()));
}

BOOST_FIXTURE_TEST_CASE(a_rollback_between_two_steps_is_not_in_the_copy, copied_store) {
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
        store.begin();
        store.append(history{trail}.foreign("X_NEVER"));
        store.rollback();
    }
    under_way.reset();
    BOOST_TEST((verified(copy).head == store.head()));
}

BOOST_FIXTURE_TEST_CASE(a_copy_cut_short_leaves_no_file, copied_store) {
    {
        const auto under_way = store.copy_to(copy);
        BOOST_TEST(!under_way->advance());
        BOOST_TEST(std::filesystem::exists(copy));
    }
    BOOST_TEST(!std::filesystem::exists(copy));
}

BOOST_FIXTURE_TEST_CASE(the_copy_is_private_and_never_written_over, copied_store) {
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
    }
    under_way.reset();
    struct stat status{};
    BOOST_TEST_REQUIRE(::stat(copy.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == 0600U);
    BOOST_CHECK_THROW(static_cast<void>(store.copy_to(copy)), schema::storage_error);
}

BOOST_FIXTURE_TEST_CASE(it_may_lie_behind_a_symbolic_link, copied_store) {
    const auto link = path.parent_path() / "link";
    std::filesystem::create_directory(path.parent_path() / "real");
    std::filesystem::create_directory_symlink("real", link);
    copy = link / "copy.db";
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
    }
    under_way.reset();
    BOOST_TEST((verified(copy).head == store.head()));
    // The file itself must be one.
    std::filesystem::create_symlink(copy, path.parent_path() / "linked.db");
    BOOST_CHECK_THROW(schema::seal_copy(path.parent_path() / "linked.db"), schema::storage_error);
}

BOOST_FIXTURE_TEST_CASE(to_restore_it_takes_as_much_room_as_it_has, copied_store) {
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
    }
    under_way.reset();
    schema::seal_copy(copy);
    BOOST_TEST(schema::room_to_restore(copy) == std::filesystem::file_size(copy));
    const auto nothing = path.parent_path() / "nothing";
    std::ofstream{nothing} << "not a database";
    BOOST_TEST(schema::room_to_restore(nothing) == std::filesystem::file_size(nothing));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_copy_does_not_verify, copied_store) {
    auto under_way = store.copy_to(copy);
    while (!under_way->advance()) {
    }
    under_way.reset();
    const std::string garbage(schema::limits::page_bytes, 'z');
    std::fstream{copy}.seekp(20L * schema::limits::page_bytes).write(garbage.data(), schema::limits::page_bytes);
    schema::seal_copy(copy);
    const auto found = verify::verify_evidence({.path = copy.string()});
    BOOST_TEST(static_cast<int>(found.result) == static_cast<int>(verify::outcome::failed));
}

BOOST_FIXTURE_TEST_CASE(a_limit_on_the_size_of_files_is_no_room_either, copied_store) {
    const tests::full_disk full{std::uintmax_t{4} * schema::limits::page_bytes};
    BOOST_CHECK_EXCEPTION(
        {
            const auto under_way = store.copy_to(copy);
            while (!under_way->advance()) {
            }
        },
        schema::storage_error, [](const auto& e) { return e.fault() == schema::storage_fault::full; });
    BOOST_TEST(!std::filesystem::exists(copy));
}

BOOST_FIXTURE_TEST_CASE(without_room_the_copy_fails_and_the_writer_does_not, copied_store) {
    const auto small = path.parent_path() / "small";
    std::filesystem::create_directory(small);
    if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=3m") != 0) {
        return tests::not_tested("nothing can be mounted");
    }
    BOOST_CHECK_EXCEPTION(
        {
            auto under_way = store.copy_to(small / "copy.db");
            while (!under_way->advance()) {
                append(store, {trail.foreign("X_MEANWHILE")});
            }
        },
        schema::storage_error, [](const auto& e) { return e.fault() == schema::storage_fault::full; });
    BOOST_TEST(std::filesystem::is_empty(small));
    append(store, {trail.foreign("X_AFTER")});
    ::umount2(small.c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_SUITE_END()
