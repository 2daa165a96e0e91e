// SPDX-License-Identifier: Apache-2.0
#include "schema/migrations.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/embedded_sql.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {
namespace {

constexpr bool numbered_without_gaps() {
    int expected = 1;
    for (const auto& step : embedded::migrations) {
        if (step.number != expected++) {
            return false;
        }
    }
    return true;
}
static_assert(numbered_without_gaps(), "schema/migrations must be numbered 0001, 0002, … without gaps");

/// Tables before what hangs on them; independent of the order of creation, which VACUUM changes. Nothing is passed over
/// for its name, which an attacker chooses, but what ANALYZE leaves.
constexpr const char* objects_in_order =
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND NOT (type = 'table' AND name GLOB 'sqlite_stat[1-4]')"
    " ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name";

int version_of(connection& db) {
    return std::stoi(db.text_of("PRAGMA user_version"));
}

storage_error newer(const connection& db, int version) {
    return {storage_fault::unusable,
            fmt::format("{} has version {} and this program knows versions up to {}; use the newer program or restore "
                        "an older backup",
                        db.name(), version, current_schema_version())};
}

/// The objects of a schema text: what stands between empty lines.
std::set<std::string> objects_of(std::string_view text) {
    std::set<std::string> objects;
    while (!text.empty()) {
        const std::size_t end = text.find("\n\n");
        objects.emplace(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
    }
    return objects;
}

/// The first line of an object that one schema has and the other has not.
std::string first_difference(std::string_view is, std::string_view should) {
    const std::set<std::string> stored = objects_of(is);
    const std::set<std::string> wanted = objects_of(should);
    std::vector<std::string> different;
    std::ranges::set_symmetric_difference(stored, wanted, std::back_inserter(different));
    return different.empty() ? "the order of objects" : different.front().substr(0, different.front().find('\n'));
}

}  // namespace

int current_schema_version() noexcept {
    return embedded::migrations.back().number;
}

void migrate(connection& db) {
    int version = version_of(db);
    if (version > current_schema_version()) {
        throw newer(db, version);
    }
    if (version == current_schema_version()) {
        return;
    }
    db.execute("BEGIN IMMEDIATE");
    try {
        version = version_of(db);
        for (const auto& step : embedded::migrations) {
            if (step.number > version) {
                db.execute(std::string{step.sql});
            }
        }
        db.execute(fmt::format("PRAGMA application_id = {}", application_id));
        db.execute(fmt::format("PRAGMA user_version = {}", current_schema_version()));
        db.execute("COMMIT");
    } catch (...) {
        if (db.in_transaction()) {
            sqlite3_exec(db.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        throw;
    }
    if (version > 0) {
        // What was rewritten may be all of the database: whoever works with it need not wait for it at his first
        // commit, nor keep a log of that size. What hinders it, hinders the next checkpoint too, and is told then.
        sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    }
}

void check_version(connection& db) {
    const int version = version_of(db);
    if (version > current_schema_version()) {
        throw newer(db, version);
    }
    if (version < current_schema_version()) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("{} has version {}; start the daemon of version {} on it once to upgrade it",
                                        db.name(), version, current_schema_version())};
    }
}

std::optional<std::string> schema_difference(connection& db) {
    const std::string is = describe_schema(db);
    return is == embedded::schema ? std::nullopt : std::optional{first_difference(is, embedded::schema)};
}

void check_schema(connection& db) {
    check_version(db);
    if (const auto different = schema_difference(db)) {
        throw storage_error{
            storage_fault::unusable,
            fmt::format("the schema of {} was changed by another program, first at \"{}\"; restore a backup", db.name(),
                        *different)};
    }
}

std::string describe_schema(connection& db) {
    std::string out = "-- Generated from schema/migrations: what a database of the current version looks like.\n";
    statement objects{db, objects_in_order};
    auto row = objects.use();
    while (row.step()) {
        out += '\n';
        out += row.text(0);
        out += ";\n";
    }
    return out;
}

std::string schema_of_migrations() {
    connection db = connection::open_bare();
    for (const auto& step : embedded::migrations) {
        db.execute(std::string{step.sql});
    }
    return describe_schema(db);
}

}  // namespace valhalla::schema
