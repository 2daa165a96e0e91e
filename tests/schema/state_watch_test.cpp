// SPDX-License-Identifier: Apache-2.0
#include "schema/state_watch.hpp"

#include <functional>

#include <boost/test/unit_test.hpp>

#include "schema/state_dir.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::tests {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(state_watch_of_files)

BOOST_AUTO_TEST_CASE(what_becomes_of_each_file_is_seen) {
    const auto check = [](const std::string& expected, const std::function<void(const schema::state_dir&)>& change) {
        const temporary_directory tmp;
        const schema::state_dir directory{tmp.path() / "state"};
        schema::ledger_store store{directory.database()};
        history h;
        store_fixture::append(store, {h.created()});
        const schema::state_watch watch{directory};
        BOOST_TEST(!watch.displaced().has_value());
        BOOST_TEST(watch.ways_to_rescue().find("rescued.db-wal") != std::string::npos);
        change(directory);
        store.leave_files_alone();
        const auto found = watch.displaced();
        BOOST_REQUIRE_MESSAGE(found.has_value(), "not seen: " << expected);
        BOOST_TEST(found->find(expected) != std::string::npos, *found);
        BOOST_TEST(watch.ways_to_rescue().find("cp /proc/") == 0U);
    };
    check("valhalla.db is not where it was", [](const auto& d) { fs::remove(d.database()); });
    check("valhalla.db is not where it was", [](const auto& d) { fs::rename(d.database(), d.path() / "away"); });
    check("valhalla.db is another file", [](const auto& d) {
        fs::copy_file(d.database(), d.path() / "new");
        fs::rename(d.path() / "new", d.database());
    });
    check("valhalla.db-wal is not where it was", [](const auto& d) { fs::remove(d.database().string() + "-wal"); });
    check("lock is another file", [](const auto& d) {
        put_content(d.path() / "new", "1");
        fs::rename(d.path() / "new", d.path() / "lock");
    });
    check("state is not where it was", [](const auto& d) { fs::remove_all(d.path()); });
    check("state is another file", [](const auto& d) {
        fs::rename(d.path(), d.path().string() + ".old");
        fs::copy(d.path().string() + ".old", d.path());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
