// SPDX-License-Identifier: Apache-2.0
//
// Databases of older versions, kept as SQL in tests/data/databases: opening one brings it to the current version with
// all that was in it. A new one is made with the daemon of that version and `sqlite3 valhalla.db .dump`, with the two
// pragmas that a dump leaves out in front.
#include <fstream>
#include <iterator>

#include <SQLiteCpp/Database.h>
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include "schema/database_copy.hpp"
#include "schema/migrations.hpp"
#include "schema/reader.hpp"
#include "schema/verify/replay.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {

namespace {

struct old_database : tests::store_fixture {
    explicit old_database(const std::string& name) {
        std::ifstream file{SOURCE_DIR "/tests/data/databases/" + name};
        const std::string dump{std::istreambuf_iterator<char>{file}, {}};
        BOOST_TEST_REQUIRE(!dump.empty());
        SQLite::Database db{path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
        db.exec(dump);
    }
};

struct version_3 : old_database {
    version_3() : old_database{"version-3.sql"} {}
};

struct version_5 : old_database {
    version_5() : old_database{"version-5.sql"} {}
};

struct version_6 : old_database {
    version_6() : old_database{"version-6.sql"} {}
};

struct version_7 : old_database {
    version_7() : old_database{"version-7.sql"} {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upgrade)

BOOST_FIXTURE_TEST_CASE(an_old_database_is_not_upgraded_by_whoever_only_reads, version_3) {
    BOOST_TEST(query("PRAGMA user_version") == "3");
    BOOST_CHECK_THROW(connection::open_reader(path), storage_error);
    BOOST_TEST(query("PRAGMA user_version") == "3");
}

BOOST_FIXTURE_TEST_CASE(to_restore_an_old_database_takes_three_times_its_size, version_6) {
    BOOST_TEST(room_to_restore(path) == 3 * std::filesystem::file_size(path));
    connection::open_writer(path);
    BOOST_TEST(room_to_restore(path) == std::filesystem::file_size(path));
}

BOOST_FIXTURE_TEST_CASE(a_database_of_version_3_gets_the_current_schema, version_3) {
    connection db = connection::open_writer(path);
    BOOST_TEST(describe_schema(db) == schema_of_migrations());
    BOOST_TEST(db.text_of("PRAGMA user_version") == std::to_string(current_schema_version()));
}

BOOST_FIXTURE_TEST_CASE(a_database_of_version_3_keeps_its_trail_and_its_state, version_3) {
    ledger_store store{path};
    BOOST_TEST(store.head().size == 17U);
    BOOST_TEST(to_hex(store.head().root) == "e935a8c54c108ed3c523450f9b559ab0998e1014ea671d48e5e0bbe55c3cd1b8");
    const auto state = store.load();
    BOOST_TEST(state.current_cone->reason == "canned");
    BOOST_TEST(state.limits.deny_rate_red == 0.4);
    BOOST_TEST(state.sessions.size() == 1U);
    BOOST_TEST(state.signals.size() == 2U);
    BOOST_TEST(state.progress.at("intake_ready").done);
    BOOST_TEST(state.locks.empty());
    BOOST_TEST(state.keys.empty());
    BOOST_TEST(store.find_answer("root", "k1").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_database_of_version_3_goes_on, version_3) {
    {
        ledger_store store{path};
        const auto state = store.load();
        tests::history more{state.next_seq};
        auto lock = more.entry(events::operator_locked{{"bert", "left", state.last_ts, std::nullopt, "anna"}});
        lock.ts = state.last_ts;
        append(store, {lock});
        BOOST_TEST(store.load().locks.at("bert").reason == "left");
    }
    BOOST_TEST(query("PRAGMA page_size") == "4096");  // pages stay as large as they were made
    const auto replayed = replay_and_compare(path);
    BOOST_TEST(!replayed.problem.has_value(), (replayed.problem ? replayed.problem->message : std::string{}));
    BOOST_TEST(replayed.head.size == 18U);
}

BOOST_FIXTURE_TEST_CASE(records_from_before_ends_counted_stay_good, version_5) {
    connection::open_writer(path);
    const auto replayed = replay_and_compare(path);
    BOOST_TEST(!replayed.problem.has_value(), (replayed.problem ? replayed.problem->message : std::string{}));
    BOOST_TEST(query("SELECT COUNT(*) FROM audit WHERE CAST(records AS TEXT) LIKE '%\"policy\":\"' ||"
                     " (SELECT sha256 FROM loaded WHERE what = 'policy') || '\"%'") == "6");
    BOOST_TEST(query("SELECT COUNT(*) FROM audit WHERE CAST(records AS TEXT) LIKE '%\"records\":%'") == "0");
}

BOOST_FIXTURE_TEST_CASE(a_session_from_before_ends_counted_is_counted_from_its_start, version_5) {
    {
        ledger_store store{path};
        const auto state = store.load();
        using counts = std::vector<std::pair<session_id, std::int64_t>>;
        BOOST_CHECK((state.active_records == counts{{session_id{2}, 4}}));
        tests::history more{state.next_seq};
        auto end = more.ended(2, "root");
        end.ts = state.last_ts;
        std::get<events::session_ended>(end.what).records = 5;
        append(store, {end});
    }
    const auto replayed = replay_and_compare(path);
    BOOST_TEST(!replayed.problem.has_value(), (replayed.problem ? replayed.problem->message : std::string{}));
    BOOST_TEST(replayed.head.size == 15U);
}

BOOST_FIXTURE_TEST_CASE(of_a_tile_its_root_stays, version_5) {
    const std::string root(64, 'A');
    tamper("INSERT INTO tree_tile VALUES (0, 7, X'" + root + "', zeroblob(8192))");
    connection::open_writer(path);
    BOOST_TEST(query("SELECT level || ' ' || tile || ' ' || hex(root) FROM tree_tile") == "0 7 " + root);
}

BOOST_FIXTURE_TEST_CASE(records_that_had_a_row_each_keep_their_bytes, version_6) {
    const auto of_records = query("SELECT group_concat(CAST(record AS TEXT), char(10)) FROM audit");
    const auto leaves = query("SELECT group_concat(hex(leaf), ' ') FROM audit");
    {
        ledger_store store{path};
        BOOST_TEST(to_hex(store.head().root) == "0adca0dc5b4507272a4ae6069f8f413a43dae184b985c2b7f1c1c5566a563e59");
        const auto state = store.load();
        tests::history more{state.next_seq};
        auto ping = more.foreign("X_PING", "root");
        auto pong = more.foreign("X_PONG", "root");
        ping.ts = pong.ts = state.last_ts;
        append(store, {ping, pong});
    }
    std::string lines;
    reader from{path};
    from.each_record(audit_seq{1}, audit_seq{15}, [&](std::string_view record) {
        lines += lines.empty() ? "" : "\n";
        lines += record;
    });
    BOOST_TEST(lines == of_records);
    BOOST_TEST(query("SELECT group_concat(hex(leaves), ' ') FROM audit WHERE seq <= 15") == leaves);
    BOOST_TEST(from.audit({.event = "X_PING"}).records.size() == 2U);
    BOOST_TEST(from.audit({.session = session_id{1}}).records.size() == 8U);
    const auto replayed = replay_and_compare(path);
    BOOST_TEST(!replayed.problem.has_value(), (replayed.problem ? replayed.problem->message : std::string{}));
    BOOST_TEST(replayed.head.size == 17U);
}

BOOST_FIXTURE_TEST_CASE(a_database_without_a_clock_of_spans_knows_them_by_its_records, version_7) {
    {
        ledger_store store{path};
        const auto state = store.load();
        BOOST_TEST((state.next_seq == audit_seq{13}));
        BOOST_TEST(!state.clock.has_value());
        BOOST_TEST(state.spans.empty());
        BOOST_TEST(state.locks.at("bert").until.has_value());
        BOOST_TEST(!state.locks.at("bert").runs_out.at.has_value());  // which whoever goes on with them works out
        BOOST_TEST(store.find_answer("root", "k1").has_value());
    }
    const auto replayed = replay_and_compare(path);
    BOOST_TEST(!replayed.problem.has_value(), (replayed.problem ? replayed.problem->message : std::string{}));
    BOOST_TEST(replayed.head.size == 12U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
