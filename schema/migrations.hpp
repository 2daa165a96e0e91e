// SPDX-License-Identifier: Apache-2.0
//
// From any older version of the database to the current one. The steps are the files schema/migrations/NNNN_*.sql,
// built in; a step that was released never changes. schema/schema.sql is what they lead to, generated and committed.
#pragma once

#include <optional>
#include <string>

#include "schema/connection.hpp"

namespace valhalla::schema {

/// The version that this build writes: the number of the last step.
[[nodiscard]] int current_schema_version() noexcept;

/// All missing steps and the new version in one transaction. A database that is newer than this build is refused
/// (`unusable`) and not touched.
void migrate(connection& db);

/// Refuses (`unusable`) a database of another version.
void check_version(connection& db);
/// The first line of an object that is not, letter by letter, as in schema.sql; nothing when all are.
[[nodiscard]] std::optional<std::string> schema_difference(connection& db);
/// Both. Refuses a database whose tables, indexes and triggers are not, letter by letter, those of schema.sql: someone
/// took a trigger away, or it was made by another build.
void check_schema(connection& db);

/// Every object's SQL in a fixed order: the text of schema.sql.
[[nodiscard]] std::string describe_schema(connection& db);

/// What the steps lead to, computed in memory: for the generator of schema.sql and the test that compares it.
[[nodiscard]] std::string schema_of_migrations();

}  // namespace valhalla::schema
