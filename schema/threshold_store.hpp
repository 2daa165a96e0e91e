// SPDX-License-Identifier: Apache-2.0
//
// Thresholds as rows, one per field of `threshold_fields`. One connection, its thread.
#pragma once

#include "schema/model/thresholds.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// Read side.
class threshold_shelf {
  public:
    explicit threshold_shelf(const connection& db) : db_{db} {}

    /// Fields that were never set have their defaults; rows of fields that this version does not know are ignored.
    [[nodiscard]] thresholds load();

  private:
    const connection& db_;
    statement all_{db_, "SELECT name, value FROM threshold ORDER BY name"};
};

/// Write side.
class threshold_writer {
  public:
    explicit threshold_writer(const connection& db) : db_{db} {}

    void put(const thresholds& t);

  private:
    const connection& db_;
    statement put_{db_,
                   "INSERT INTO threshold (name, value) VALUES (?1, ?2)"
                   " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
};

}  // namespace valhalla::schema
