// SPDX-License-Identifier: Apache-2.0
//
// Progress in the playbook, one row per step that was ever set. One connection, its thread.
#pragma once

#include <string_view>

#include "schema/model/progress.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// Read side.
class progress_shelf {
  public:
    explicit progress_shelf(const connection& db) : db_{db} {}

    [[nodiscard]] progress_map load();

  private:
    const connection& db_;
    statement all_{db_, "SELECT step, done, notes, operator, session, updated_us FROM playbook_progress ORDER BY step"};
};

/// Write side.
class progress_writer {
  public:
    explicit progress_writer(const connection& db) : db_{db} {}

    void put(std::string_view step, const step_progress& now);

  private:
    const connection& db_;
    statement put_{db_,
                   "INSERT INTO playbook_progress (step, done, notes, operator, session, updated_us)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT (step) DO UPDATE SET done = excluded.done, notes = excluded.notes,"
                   " operator = excluded.operator, session = excluded.session, updated_us = excluded.updated_us"};
};

}  // namespace valhalla::schema
