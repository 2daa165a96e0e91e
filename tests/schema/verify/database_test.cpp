// SPDX-License-Identifier: Apache-2.0
//
// Attacks on a database, by somebody who has the file.
#include <SQLiteCpp/Database.h>
#include <boost/test/unit_test.hpp>

#include "schema/connection.hpp"
#include "schema/limits.hpp"
#include "tests/as_nobody.hpp"
#include "tests/not_tested.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"

namespace valhalla::tests {
namespace {

struct attack {
    std::string sql;
    expected_problem found;
};

enum class rows_of : std::uint8_t { many_records, one_record };

void check_each(const std::vector<attack>& attacks, bool with_anchor, rows_of rows = rows_of::many_records) {
    for (const auto& a : attacks) {
        BOOST_TEST_CONTEXT(a.sql) {
            const evidence_fixture victim;
            if (with_anchor) {
                victim.put_anchor();
            }
            if (rows == rows_of::one_record) {
                victim.split_rows();
            }
            victim.attack(a.sql);
            check_failed({.path = victim.dir()}, a.found);
        }
    }
}

std::string flip(const std::string& column) {
    return "CAST(substr(" + column + ", 1, 5) || char(unicode(substr(" + column + ", 6, 1)) + 1) || substr(" + column +
           ", 7) AS BLOB)";
}

std::string other_blob(const std::string& column, int bytes) {
    return "CAST(substr(" + column + ", 1, 3) || x'5A' || substr(" + column + ", 5, " + std::to_string(bytes - 4) +
           ") AS BLOB)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_database)

BOOST_AUTO_TEST_CASE(an_untouched_state_directory_is_verified) {
    const evidence_fixture good;
    good.put_anchor();
    const auto found = verify::verify_evidence({.path = good.dir(), .key = verifier_text(good.key)});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->message : ""));
    BOOST_TEST(found.kind == "database");
    BOOST_CHECK(found.head == good.at(evidence_records).head);
    BOOST_TEST(!found.key_from_trail);
    BOOST_CHECK(found.first_ts == history::time_of(1));
    BOOST_CHECK(found.last_ts == history::time_of(evidence_records));
    BOOST_TEST(says(found.checked, "anchor: signed"));
    for (const char* table : {"session", "session_note", "cone_history", "health_signal", "health_status", "threshold",
                              "playbook_progress", "loaded", "instance", "epoch", "event_kind", "actor_name"}) {
        BOOST_TEST(good.count(table) > 0, table);
    }
}

BOOST_AUTO_TEST_CASE(every_column_beside_a_record_counts) {
    const auto at = [](const std::string& set) { return "UPDATE audit SET " + set + " WHERE seq = 333"; };
    const auto record = [](const std::string& said) { return expected_problem{.record = 333, .said = said}; };
    check_each(
        {
            {at("records = " + flip("CAST(records AS TEXT)")), record("do not hash")},
            {at("leaves = " + other_blob("leaves", 32)), record("do not hash")},
            {at("leaves = substr(leaves, 1, 31)"), record("a leaf for each line")},
            {at("leaves = CAST(leaves || leaves AS BLOB)"), record("a leaf for each line")},
            {at("records = substr(records, 1, length(records) - 1)"), record("a leaf for each line")},
            {at("records = CAST(records || records AS BLOB)"), record("a leaf for each line")},
            {at("records = x'', leaves = x''"), record("a leaf for each line")},
            {at("ts_us = ts_us + 1"), record("column ts_us")},
            {"UPDATE audit SET (records, leaves) = (SELECT records, leaves FROM audit WHERE seq = 334) WHERE seq = 333",
             record("column seq")},
            {"UPDATE audit SET seq = 10000 WHERE seq = 333; UPDATE audit SET seq = 333 WHERE seq = 334;"
             " UPDATE audit SET seq = 334 WHERE seq = 10000",
             record("column seq")},
            {"DELETE FROM audit WHERE seq = 333", record("missing; the next one is 334")},
            {"DELETE FROM audit WHERE seq = 1", {.record = 1, .said = "missing"}},
        },
        true, rows_of::one_record);
}

BOOST_AUTO_TEST_CASE(every_record_of_a_row_counts) {
    // The rows as the store made them, with some ten records each.
    const evidence_fixture untouched;
    const auto last = std::stoll(untouched.query("SELECT MIN(seq) FROM audit WHERE seq >= 333"));
    const auto count =
        std::stoll(untouched.query("SELECT length(leaves) / 32 FROM audit WHERE seq = " + std::to_string(last)));
    const auto first = last - count + 1;
    BOOST_TEST_REQUIRE(count > 5);
    const auto at = [last](const std::string& set) {
        return "UPDATE audit SET " + set + " WHERE seq = " + std::to_string(last);
    };
    const auto swapped = [](const std::string& column, std::int64_t size) {
        const auto bytes = std::to_string(size);
        return column + " = CAST(substr(" + column + ", 1 + " + bytes + ", " + bytes + ") || substr(" + column +
               ", 1, " + bytes + ") || substr(" + column + ", 1 + 2 * " + bytes + ") AS BLOB)";
    };
    check_each(
        {
            {at("records = " + flip("CAST(records AS TEXT)")), {.record = first, .said = "do not hash"}},
            {at("leaves = CAST(substr(leaves, 1, 96) || zeroblob(length(leaves) - 96) AS BLOB)"),
             {.record = first + 3, .said = "do not hash"}},
            {at(swapped("leaves", 32)), {.record = first, .said = "do not hash"}},
            {at("leaves = substr(leaves, 33), records = substr(records, instr(records, x'0a') + 1)"),
             {.record = first, .said = "it is missing; the next one is " + std::to_string(first + 1)}},
            {at("seq = seq + 1"), {.record = first, .said = "it is missing; the next one is"}},
            {at("seq = seq - 1"), {.record = first, .said = "column seq"}},
            {at("seq = ~9223372036854775807"), {.record = 1, .said = "column seq"}},
            {at("ts_us = ts_us - 1"), {.record = last, .said = "column ts_us"}},
            {"DELETE FROM audit WHERE seq = " + std::to_string(last),
             {.record = first, .said = "it is missing; the next one is " + std::to_string(last + 1)}},
        },
        true);
}

BOOST_AUTO_TEST_CASE(every_hash_of_the_tree_counts) {
    check_each(
        {{"UPDATE tree_tile SET root = " + other_blob("root", 32) + " WHERE tile = 0 AND level = 0",
          {.table = "tree_tile", .said = "the root of tile 0 at level 0 is not what its records make it"}},
         {"DELETE FROM tree_tile WHERE tile = 1", {.table = "tree_tile", .said = "tile 1 at level 0 is missing"}},
         {"INSERT INTO tree_tile SELECT 3, 7, root FROM tree_tile WHERE tile = 0",
          {.table = "tree_tile", .said = "holds 3 tiles where the records make 2"}}},
        true);
}

BOOST_AUTO_TEST_CASE(every_bit_that_searches_go_by_counts) {
    const auto bitmaps = [](const std::string& said) {
        return expected_problem{.table = "audit_posting", .said = said};
    };
    check_each(
        {
            {"UPDATE audit_posting SET bits0 = bits0 & ~16 WHERE kind = 1 AND tile = 1 AND bits0 & 16",
             bitmaps("the bitmap of actor")},
            {"UPDATE audit_posting SET bits3 = -1 WHERE kind = 0 AND tile = 0 AND bits3 <> -1",
             bitmaps("the bitmap of event")},
            {"DELETE FROM audit_posting WHERE kind = 2 AND tile = 1", bitmaps("the bitmap of session")},
            {"UPDATE audit_posting SET tile = 9 WHERE kind = 2 AND tile = 1", bitmaps("the bitmap of session")},
            {"INSERT INTO audit_posting VALUES (0, 1, 2, 1, 0, 0, 0)", bitmaps("bitmaps where the records make")},
        },
        true);
}

BOOST_AUTO_TEST_CASE(an_index_that_tells_something_else_than_its_table_is_found) {
    // The row is as ever, but whoever looks for its operator does not find it.
    check_each({{"CREATE TEMP TABLE was AS SELECT operator FROM session WHERE id = 1;"
                 "UPDATE session SET operator = 'mallory' WHERE id = 1;"
                 "CREATE TEMP TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 'session_operator';"
                 "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'session_operator';"
                 "PRAGMA writable_schema = RESET;"
                 "UPDATE session SET operator = (SELECT operator FROM was) WHERE id = 1;"
                 "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden;"
                 "PRAGMA writable_schema = RESET;",
                 {.table = "session", .said = "is not sound"}}},
               true);
}

BOOST_AUTO_TEST_CASE(every_other_table_counts) {
    const auto in = [](const std::string& table, const std::string& said) {
        return expected_problem{.table = table, .said = said};
    };
    check_each(
        {
            {"UPDATE event_kind SET name = 'CONE_ALLOY' WHERE name = 'CONE_ALLOW'", in("event_kind", "column name")},
            {"UPDATE actor_name SET name = 'mallory' WHERE name = 'bert'", in("actor_name", "column name")},
            {"INSERT INTO actor_name (id, name) VALUES (99, 'mallory')", in("actor_name", "more rows")},
            {"UPDATE instance SET id = '1123456789abcdef0123456789abcdef'", in("instance", "column id")},
            {"UPDATE epoch SET origin = 'elsewhere.example'", in("epoch", "column origin")},
            {"UPDATE session SET operator = 'mallory' WHERE id = 1", in("session", "row 1 (1), column operator")},
            {"UPDATE session SET started_us = started_us + 1 WHERE id = 2",
             in("session", "row 2 (2), column started_us")},
            {"UPDATE session_note SET text = 'nothing'", in("session_note", "column text")},
            {"DELETE FROM session_note", in("session_note", "fewer rows")},
            {"UPDATE cone_history SET band = 0 WHERE seq = 7", in("cone_history", "row 2 (7), column band")},
            {"INSERT INTO cone_history VALUES (999999, 0, '', 0, '{}', 'mallory')", in("cone_history", "more rows")},
            {"UPDATE health_signal SET level = 0", in("health_signal", "column level")},
            {"UPDATE health_status SET status = 0", in("health_status", "column status")},
            // A neighbour of the same fifteen digits.
            {"UPDATE threshold SET value = 0.3 WHERE name = 'deny_rate_red'",
             in("threshold", "(deny_rate_red), column value")},
            {"UPDATE playbook_progress SET done = 0", in("playbook_progress", "column done")},
            {"UPDATE loaded SET source = '/etc/other'", in("loaded", "column source")},
        },
        true);
}

BOOST_AUTO_TEST_CASE(a_changed_schema_is_found_before_anything_is_read_through_it) {
    for (const auto* const sql : {"DROP TRIGGER audit_no_update",
                                  "CREATE TRIGGER sqlitezap AFTER INSERT ON session BEGIN "
                                  "SELECT 1; END",
                                  "CREATE TABLE sqlitezap (x)"}) {
        const evidence_fixture victim;
        victim.tamper(sql);
        check_failed({.path = victim.path}, {.table = "sqlite_schema", .said = "first at \"CREATE T"});
        BOOST_CHECK_THROW((void)schema::connection::open_reader(victim.path), schema::storage_error);
    }
}

BOOST_AUTO_TEST_CASE(a_schema_that_sqlite_cannot_read_is_bad_evidence) {
    const evidence_fixture victim;
    victim.tamper(
        "PRAGMA writable_schema = ON;"
        " UPDATE sqlite_schema SET sql = replace(sql, 'CREATE TABLE', 'CREATE TABLF') WHERE name = 'session'");
    check_failed({.path = victim.path}, {.table = "sqlite_schema", .said = "malformed database schema (session)"});
}

BOOST_AUTO_TEST_CASE(records_name_no_session_but_an_active_one) {
    const auto check = [](std::vector<audit_entry> entries) {
        const auto last = raw(entries.back().seq);
        const store_fixture victim;
        victim.write(entries);
        check_failed({.path = victim.path}, {.record = last, .said = "it names session 1, which is not active"});
    };
    history h;
    check({h.created(), h.decision(true, session_id{1})});
    h = history{};
    check({h.created(), h.entry(events::foreign{"X_PING", "{}"}, session_id{1})});
    h = history{};
    check({h.created(), h.started(1), h.ended(1), h.decision(false, session_id{1})});
    h = history{};
    events::imported_state past;
    past.sessions.push_back(past_session(1, "anna", false));
    check({h.created(), h.entry(past), h.decision(false, session_id{1})});
}

BOOST_AUTO_TEST_CASE(decisions_are_of_the_policy_that_was_loaded_last) {
    const std::string first = "0123456789abcdef" + std::string(48, '1');
    const std::string second = "0123456789abcdee" + std::string(48, '2');
    const auto decided_by = [](history& h, const std::string& policy) {
        auto entry = h.decision(true);
        auto& what = std::get<events::decided>(entry.what).what;
        auto said = what->said();
        said.policy = policy;
        what = make_judgement(std::move(said));
        return entry;
    };
    const auto trail_of = [&](history& h) {
        return std::vector{h.created(),
                           h.entry(events::policy_loaded{first, "built-in"}),
                           decided_by(h, first),
                           decided_by(h, first.substr(0, 16)),
                           h.entry(events::policy_loaded{second, "built-in"}),
                           decided_by(h, second.substr(0, 16))};
    };
    {
        history h;
        const store_fixture good;
        good.write(trail_of(h));
        const auto found = verify::verify_evidence({.path = good.path});
        BOOST_TEST(!found.what.has_value(), (found.what ? found.what->message : ""));
    }
    for (const auto& wrong : {first, first.substr(0, 16), second.substr(0, 15), second.substr(0, 17),
                              second.substr(0, 63), second + "2", std::string{}}) {
        history h;
        auto entries = trail_of(h);
        entries.push_back(decided_by(h, wrong));
        const store_fixture victim;
        victim.write(entries);
        check_failed({.path = victim.path},
                     {.record = 7, .said = "by another policy than the one loaded last, " + second});
    }
    history h;
    const store_fixture none;
    none.write({h.created(), h.decision(true)});
    check_failed({.path = none.path}, {.record = 2, .said = "before any policy was loaded"});
}

BOOST_AUTO_TEST_CASE(of_an_imported_session_the_records_of_this_trail_count) {
    history h;
    events::imported_state past;
    past.sessions.push_back(past_session(1, "anna", true));
    const store_fixture good;
    good.write({h.created(), h.entry(past), h.noted(1, "on"), h.ended(1)});
    const auto found = verify::verify_evidence({.path = good.path});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->message : ""));
    BOOST_TEST(schema::reader{good.path}.record(audit_seq{4})->find("\"records\":2}") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_record_whose_effect_is_impossible_is_named) {
    const store_fixture victim;
    history h;
    victim.write({h.created(), h.foreign("X_PING"), h.started(1)});
    // The session's end, twice, with all hashes as they must be: the store would not have written the second.
    schema::hasher hasher;
    for (int i = 0; i < 2; ++i) {
        std::string record;
        const auto ended = h.ended(1);
        encode_record(ended, record);
        const auto leaf = schema::to_hex(hasher.leaf(record));
        std::string hex;
        for (const char c : record + '\n') {
            hex += "0123456789abcdef"[static_cast<unsigned char>(c) / 16];
            hex += "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
        }
        victim.tamper("INSERT INTO audit VALUES (" + std::to_string(raw(ended.seq)) + "," +
                      std::to_string(micros_count(ended.ts)) + ",x'" + leaf + "',x'" + hex + "')");
    }
    check_failed({.path = victim.path}, {.record = 5, .said = "its effect is impossible"});
}

BOOST_AUTO_TEST_CASE(a_value_beyond_every_limit_is_bad_evidence) {
    const evidence_fixture victim;
    victim.split_rows();
    victim.attack("UPDATE audit SET records = zeroblob(5000000) WHERE seq = 41");
    check_failed({.path = victim.path}, {.record = 41, .said = "record 41: "});
    const evidence_fixture other;
    other.split_rows();
    other.attack("UPDATE audit SET records = CAST(zeroblob(70000) || x'0a' AS BLOB) WHERE seq = 41");
    check_failed({.path = other.path}, {.record = 41, .said = "do not hash"});
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_bad_evidence_and_not_a_crash) {
    std::size_t found = 0;
    constexpr std::size_t tried = 6;
    for (std::size_t nth = 1; nth <= tried; ++nth) {
        const evidence_fixture victim;
        victim.put_anchor();
        auto content = content_of(victim.path);
        const auto page = content.size() / schema::limits::page_bytes * nth / (tried + 1);
        std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(page * schema::limits::page_bytes),
                    schema::limits::page_bytes, '\xA5');
        put_content(victim.path, content);
        const auto result = verify::verify_evidence({.path = victim.dir()}).result;
        // The pages of the indexes hold nothing that counts.
        BOOST_TEST((result == verify::outcome::failed || result == verify::outcome::verified));
        found += result == verify::outcome::failed ? 1U : 0U;
    }
    BOOST_TEST(found >= 4U);
}

BOOST_AUTO_TEST_CASE(every_flipped_byte_of_a_small_file_is_found_or_holds_no_evidence) {
    const evidence_fixture good{1, "because", 12};
    good.put_anchor(12);
    const auto content = content_of(good.path);
    const auto before = verify::verify_evidence({.path = good.dir()});
    BOOST_TEST(!before.what.has_value());
    // Wherever a record lies whole in the file (also where SQLite left a stale copy), each of its bytes counts.
    std::size_t flipped = 0;
    for (const auto& record : good.records) {
        for (std::size_t i = 0; i < record.size(); i += 7) {
            auto changed = content;
            for (auto at = content.find(record); at != std::string::npos; at = content.find(record, at + 1)) {
                changed[at + i] = static_cast<char>(changed[at + i] ^ 4);
                ++flipped;
            }
            put_content(good.path, changed);
            BOOST_TEST(
                (changed == content || verify::verify_evidence({.path = good.dir()}).result == verify::outcome::failed),
                record << " at " << i);
        }
    }
    BOOST_TEST(flipped > 100U);
}

BOOST_AUTO_TEST_CASE(what_is_no_evidence_of_ours_cannot_be_read) {
    using verify::outcome;
    const evidence_fixture good;
    check_refused({.path = (good.dir() / "nothing").string()}, outcome::unreadable, "No such file");
    check_refused({.path = good.put("other", "hello")}, outcome::unreadable, "neither a database");
    check_refused({.path = good.put("empty", "")}, outcome::unreadable, "neither a database");
    check_refused({.path = good.put("sub/file", "").parent_path()}, outcome::unreadable, "neither a state directory");
    const auto foreign = good.dir() / "foreign.db";
    SQLite::Database{foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
    check_refused({.path = foreign}, outcome::unreadable, "is the database of another program");
    SQLite::Database{foreign.string(), SQLite::OPEN_READWRITE}.exec("DROP TABLE t; VACUUM");
    check_refused({.path = foreign}, outcome::unreadable, "is an empty database");
    BOOST_TEST(verify::verify_evidence({.path = foreign}).what.value().message.ends_with("database"));  // no advice
    good.tamper("PRAGMA user_version = 99");
    check_refused({.path = good.path}, outcome::unreadable, "has version 99");
    check_refused({}, outcome::wrong_usage, "give a path");
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_written_beside_is_read_and_nothing_is_left) {
    if (!tests::can_be_nobody()) {
        return tests::not_tested("root cannot be another user");
    }
    const evidence_fixture good;
    const auto copy = good.dir() / "read-only %41?#" / "backup.db";
    std::filesystem::create_directory(copy.parent_path());
    std::filesystem::copy_file(good.path, copy);
    using std::filesystem::perms;
    std::filesystem::permissions(good.dir(), perms{0755});
    std::filesystem::permissions(copy, perms{0644});
    std::filesystem::permissions(copy.parent_path(), perms{0555});
    const int status = tests::as_nobody([&] {
        return !std::ofstream{copy.parent_path() / "other"}.is_open() &&
                       verify::verify_evidence({.path = copy}).result == verify::outcome::verified
                   ? 0
                   : 1;
    });
    BOOST_TEST(status == 0);
    std::filesystem::permissions(copy.parent_path(), perms::owner_all);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{copy.parent_path()}) {
        files += entry.is_regular_file() ? 1U : 0U;
    }
    BOOST_TEST(files == 1U);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_being_written_is_verified_up_to_its_snapshot) {
    const evidence_fixture live;
    live.put_anchor();
    schema::ledger_store store{live.path};
    history h{audit_seq{evidence_records + 1}};
    store_fixture::append(store, {h.decision(true), h.decision(true)});
    const auto found = verify::verify_evidence({.path = live.dir()});
    BOOST_TEST(!found.what.has_value());
    BOOST_TEST(found.head.size == static_cast<std::uint64_t>(evidence_records) + 2);
    BOOST_TEST(says(found.not_checked, "records 701 to 702 are newer than the newest checkpoint"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
