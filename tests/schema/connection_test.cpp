// SPDX-License-Identifier: Apache-2.0
#include "schema/connection.hpp"

#include <map>
#include <memory>
#include <regex>
#include <sys/stat.h>

#include <SQLiteCpp/Database.h>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include "schema/audit_log.hpp"
#include "schema/audit_search.hpp"
#include "schema/ledger_store.hpp"
#include "schema/migrations.hpp"
#include "schema/projection.hpp"
#include "schema/session_store.hpp"
#include "schema/tree_store.hpp"
#include "tests/schema/storage_sentence.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {
namespace {

namespace data = boost::unit_test::data;
using tests::check_sentence;
using tests::store_fixture;

/// What opening says, or nothing when it works.
template <class Open>
std::optional<storage_error> error_of(Open open) {
    try {
        open();
    } catch (const storage_error& e) {
        return e;
    }
    return std::nullopt;
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat status{};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_connection, store_fixture)

BOOST_AUTO_TEST_CASE(every_pragma_reads_back) {
    connection writer = connection::open_writer(path);
    connection reader = connection::open_reader(path);
    const std::map<std::string, std::string> both{
        {"journal_mode", "wal"}, {"synchronous", "2"},        {"foreign_keys", "1"}, {"recursive_triggers", "1"},
        {"temp_store", "2"},     {"wal_autocheckpoint", "0"}, {"mmap_size", "0"},    {"page_size", "16384"},
        {"encoding", "UTF-8"},   {"cell_size_check", "1"}};
    for (const auto& [pragma, value] : both) {
        BOOST_TEST(writer.text_of("PRAGMA " + pragma) == value, "writer: " << pragma);
        BOOST_TEST(reader.text_of("PRAGMA " + pragma) == value, "reader: " << pragma);
    }
    BOOST_TEST(reader.text_of("PRAGMA query_only") == "1");
    BOOST_TEST(writer.text_of("PRAGMA query_only") == "0");
    for (connection* c : {&writer, &reader}) {
        for (const auto& [option, on] : std::map<int, int>{{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                                           {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                                           {SQLITE_DBCONFIG_DQS_DML, 0},
                                                           {SQLITE_DBCONFIG_DQS_DDL, 0},
                                                           {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}}) {
            int now = -1;
            sqlite3_db_config(c->handle(), option, -1, &now);
            BOOST_TEST(now == on, "option " << option);
        }
    }
    int now = -1;
    sqlite3_db_config(reader.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &now);
    BOOST_TEST(now == 1);
}

BOOST_AUTO_TEST_CASE(files_are_private) {
    const ledger_store store{path};
    tests::store_fixture::append(const_cast<ledger_store&>(store), {tests::history{}.created()});
    BOOST_TEST(mode_of(path) == 0600U);
    BOOST_TEST(mode_of(path.string() + "-wal") == 0600U);
    BOOST_TEST(mode_of(path.string() + "-shm") == 0600U);
}

BOOST_AUTO_TEST_CASE(an_existing_file_becomes_private) {
    {
        const ledger_store store{path};
    }
    std::filesystem::permissions(path, std::filesystem::perms{0644});
    {
        const ledger_store store{path};
    }
    BOOST_TEST(mode_of(path) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_foreign_database_is_refused_and_left_alone) {
    SQLite::Database{path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE}.exec("CREATE TABLE t (x)");
    const auto before = std::filesystem::last_write_time(path);
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "is the database of another program");
    check_sentence(error_of([&] { connection::open_reader(path); }), storage_fault::unusable, path.string(),
                   "is the database of another program");
    BOOST_CHECK(std::filesystem::last_write_time(path) == before);
    BOOST_TEST(query("PRAGMA journal_mode") == "delete");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_and_left_alone) {
    const std::string content(5000, 'x');
    directory_.write("valhalla.db", content);
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "is not an SQLite database");
    BOOST_TEST(std::filesystem::file_size(path) == content.size());
}

BOOST_AUTO_TEST_CASE(a_newer_database_is_refused_and_left_alone) {
    {
        const ledger_store store{path};
    }
    tamper("PRAGMA user_version = 999");
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "has version 999");
    check_sentence(error_of([&] { connection::open_reader(path); }), storage_fault::unusable, path.string(),
                   "has version 999");
    BOOST_TEST(query("PRAGMA user_version") == "999");
}

BOOST_AUTO_TEST_CASE(a_directory_in_its_place_is_refused) {
    std::filesystem::create_directory(path);
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "is a directory");
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_in_its_place_is_refused) {
    std::filesystem::create_symlink(directory_.path() / "elsewhere.db", path);
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "no regular file");
}

BOOST_AUTO_TEST_CASE(a_directory_behind_a_symbolic_link_is_fine) {
    const auto link = directory_.path() / "link";
    std::filesystem::create_directory(directory_.path() / "real");
    std::filesystem::create_directory_symlink(directory_.path() / "real", link);
    BOOST_CHECK_NO_THROW(connection::open_writer(link / "valhalla.db"));
}

BOOST_AUTO_TEST_CASE(a_missing_database_is_not_created_by_a_reader) {
    check_sentence(error_of([&] { connection::open_reader(path); }), storage_fault::unusable, path.string(),
                   "No such file");
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(an_empty_file_becomes_a_database) {
    directory_.write("valhalla.db", "");
    BOOST_CHECK_NO_THROW(connection::open_writer(path));
}

BOOST_AUTO_TEST_CASE(a_missing_trigger_is_noticed_at_open) {
    {
        const ledger_store store{path};
    }
    tamper("DROP TRIGGER audit_no_delete");
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(),
                   "audit_no_delete");
}

BOOST_AUTO_TEST_CASE(an_added_trigger_is_noticed_at_open) {
    {
        const ledger_store store{path};
    }
    tamper("CREATE TRIGGER evil AFTER INSERT ON session BEGIN DELETE FROM threshold; END");
    check_sentence(error_of([&] { connection::open_writer(path); }), storage_fault::unusable, path.string(), "evil");
}

namespace {
const std::vector<std::string> forbidden_on_the_writer{
    "UPDATE audit SET ts_us = 0",
    "DELETE FROM audit",
    "INSERT OR REPLACE INTO audit SELECT * FROM audit",
    "REPLACE INTO audit SELECT * FROM audit",
    "UPDATE tree_tile SET root = zeroblob(32)",
    "DELETE FROM tree_tile",
    "INSERT OR REPLACE INTO tree_tile SELECT * FROM tree_tile",
    "UPDATE cone_history SET band = 0",
    "DELETE FROM cone_history",
    "INSERT OR REPLACE INTO cone_history SELECT * FROM cone_history",
    "UPDATE session_note SET text = ''",
    "DELETE FROM session_note",
    "INSERT OR REPLACE INTO session_note SELECT * FROM session_note",
    "UPDATE event_kind SET name = name || 'x'",
    "DELETE FROM actor_name",
    "UPDATE instance SET id = 'x'",
    "DELETE FROM session",
    "INSERT OR REPLACE INTO session SELECT * FROM session",
    "UPDATE session SET snapshot = '{}'",
    "UPDATE session SET start_notes = 'x'",
    "DROP TABLE audit",
    "DROP TRIGGER audit_no_delete",
    "ALTER TABLE audit RENAME TO gone",
    "CREATE TABLE t (x)",
    "CREATE TEMP TRIGGER t BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA wal_checkpoint",
    "ATTACH ':memory:' AS other",
    "VACUUM",
    "SELECT \"no such column\" FROM audit",
};
}  // namespace

BOOST_DATA_TEST_CASE_F(store_fixture, history_cannot_be_changed_on_the_daemons_connection,
                       data::make(forbidden_on_the_writer), sql) {
    tests::history h;
    std::vector<audit_entry> entries{h.created(), h.started(1), h.noted(1, "note")};
    while (entries.size() < 300) {
        entries.push_back(h.decision(true));
    }
    write(entries);
    const std::string before = query("SELECT COUNT(*) || MIN(hex(leaves)) FROM audit");
    {
        connection db = connection::open_writer(path);
        BOOST_CHECK_THROW(db.execute(sql), storage_error);
        BOOST_TEST(db.text_of("PRAGMA recursive_triggers") == "1");
    }
    BOOST_TEST(query("SELECT COUNT(*) || MIN(hex(leaves)) FROM audit") == before);
    BOOST_TEST(count("session") == 1);
    BOOST_TEST(count("tree_tile") == 1);
}

namespace {
const std::vector<std::string> forbidden_by_triggers_alone{
    "UPDATE audit SET ts_us = 0",
    "DELETE FROM audit",
    "UPDATE tree_tile SET root = zeroblob(32)",
    "DELETE FROM tree_tile",
    "DELETE FROM session",
    "UPDATE session SET snapshot = NULL",
    "UPDATE cone_history SET band = 0",
    "DELETE FROM session_note",
    "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO audit SELECT * FROM audit",
};
}  // namespace

BOOST_DATA_TEST_CASE_F(store_fixture, history_cannot_be_changed_by_accident_on_any_connection,
                       data::make(forbidden_by_triggers_alone), sql) {
    tests::history h;
    std::vector<audit_entry> entries{h.created(), h.started(1), h.noted(1, "note")};
    while (entries.size() < 300) {
        entries.push_back(h.decision(true));
    }
    write(entries);
    BOOST_CHECK_THROW(tamper(sql), std::exception);
}

BOOST_AUTO_TEST_CASE(a_reader_cannot_write) {
    write({tests::history{}.created()});
    connection db = connection::open_reader(path);
    BOOST_CHECK_THROW(db.execute("INSERT INTO threshold (name, value) VALUES ('a', 1)"), storage_error);
    BOOST_CHECK_THROW(db.execute("PRAGMA query_only = OFF"), storage_error);
}

BOOST_AUTO_TEST_CASE(one_active_session_per_operator_is_enforced) {
    tests::history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1, "anna"), h.started(2, "bert")});
    store.begin();
    BOOST_CHECK_THROW(store.append(h.started(3, "anna")), storage_error);
    store.rollback();
}

BOOST_AUTO_TEST_CASE(an_ended_session_never_changes) {
    tests::history h;
    write({h.created(), h.started(1), h.ended(1)});
    connection db = connection::open_writer(path);
    BOOST_CHECK_THROW(db.execute("UPDATE session SET end_notes = 'other' WHERE id = 1"), storage_error);
}

BOOST_AUTO_TEST_CASE(no_statement_scans_or_sorts_the_trail) {
    connection db = connection::open_writer(path);
    // All that prepares statements in a running daemon.
    audit_log log{db};
    tree_store tree{db, log};
    projection tables{db};
    session_shelf sessions{db};
    audit_search search{db};
    std::vector<std::string> statements;
    for (sqlite3_stmt* s = sqlite3_next_stmt(db.handle(), nullptr); s != nullptr;
         s = sqlite3_next_stmt(db.handle(), s)) {
        statements.emplace_back(sqlite3_sql(s));
    }
    BOOST_TEST(statements.size() > 40U);
    const std::regex whole_trail{"SCAN audit\\b"};
    for (const std::string& sql : statements) {
        sqlite3_stmt* raw = nullptr;
        BOOST_REQUIRE(sqlite3_prepare_v2(db.handle(), ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &raw, nullptr) ==
                      SQLITE_OK);
        const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> plan{raw, &sqlite3_finalize};
        const bool reads_trail = sql.find("FROM audit") != std::string::npos;
        while (sqlite3_step(raw) == SQLITE_ROW) {
            const std::string step = reinterpret_cast<const char*>(sqlite3_column_text(raw, 3));
            BOOST_TEST(!std::regex_search(step, whole_trail), sql << ": " << step);
            BOOST_TEST(!(reads_trail && step.find("TEMP B-TREE") != std::string::npos), sql << ": " << step);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
