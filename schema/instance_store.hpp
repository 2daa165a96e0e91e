// SPDX-License-Identifier: Apache-2.0
//
// Which database this is, and which documents (policy, playbook) were in force when it was written last. One
// connection, its thread.
#pragma once

#include <string>
#include <string_view>

#include "schema/model/ids.hpp"
#include "schema/model/time.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class instance_store {
  public:
    explicit instance_store(const connection& db) : db_{db} {}

    void create(std::string_view instance, unix_micros created);
    /// `what` is `policy` or `playbook`.
    void record_loaded(std::string_view what, std::string_view sha256, std::string_view source, audit_seq seq);

    /// Empty in a database without records.
    [[nodiscard]] std::string instance();
    /// Hex digest; empty when none was recorded.
    [[nodiscard]] std::string loaded(std::string_view what);

  private:
    const connection& db_;
    statement create_{db_, "INSERT INTO instance (one, id, created_us) VALUES (1, ?1, ?2)"};
    statement instance_{db_, "SELECT id FROM instance WHERE one = 1"};
    statement put_loaded_{db_,
                          "INSERT INTO loaded (what, sha256, source, seq) VALUES (?1, ?2, ?3, ?4)"
                          " ON CONFLICT (what) DO UPDATE SET sha256 = excluded.sha256, source = excluded.source,"
                          " seq = excluded.seq"};
    statement loaded_{db_, "SELECT sha256 FROM loaded WHERE what = ?1"};
};

}  // namespace valhalla::schema
