// SPDX-License-Identifier: Apache-2.0
//
// What the sources of health said last, and the status as last recorded. One connection, its thread.
#pragma once

#include <string_view>
#include <vector>

#include "schema/model/event.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class health_store {
  public:
    explicit health_store(const connection& db) : db_{db} {}

    void put_signal(const health_signal& signal);
    void remove_signal(std::string_view source);
    void record_status(const health_verdict& now, audit_seq seq, unix_micros ts);

    /// In order of source.
    [[nodiscard]] std::vector<health_signal> signals();
    /// Green when no change was recorded yet.
    [[nodiscard]] health_level recorded_status();

  private:
    const connection& db_;
    statement put_{db_,
                   "INSERT INTO health_signal (source, level, message, reported_us, expires_us, reporter)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT (source) DO UPDATE SET level = excluded.level, message = excluded.message,"
                   " reported_us = excluded.reported_us, expires_us = excluded.expires_us,"
                   " reporter = excluded.reporter"};
    statement remove_{db_, "DELETE FROM health_signal WHERE source = ?1"};
    statement all_{db_,
                   "SELECT source, level, message, reported_us, expires_us, reporter FROM health_signal"
                   " ORDER BY source"};
    statement put_status_{db_,
                          "INSERT INTO health_status (one, status, reasons, seq, changed_us)"
                          " VALUES (1, ?1, ?2, ?3, ?4)"
                          " ON CONFLICT (one) DO UPDATE SET status = excluded.status, reasons = excluded.reasons,"
                          " seq = excluded.seq, changed_us = excluded.changed_us"};
    statement status_{db_, "SELECT status FROM health_status WHERE one = 1"};
};

}  // namespace valhalla::schema
