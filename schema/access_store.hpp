// SPDX-License-Identifier: Apache-2.0
//
// Operators who are locked, and the keys that are not revoked. One connection, its thread.
#pragma once

#include <string_view>

#include "schema/model/access.hpp"
#include "schema/model/ids.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class access_store {
  public:
    explicit access_store(const connection& db) : db_{db} {}

    /// Also clears away the locks that have run out when this one begins.
    void put_lock(const operator_lock& lock, audit_seq seq);
    void remove_lock(std::string_view operator_name);
    [[nodiscard]] lock_map locks();

    void add_key(const api_key& key, audit_seq seq);
    void remove_key(std::string_view id);
    [[nodiscard]] key_map keys();

  private:
    const connection& db_;
    statement drop_run_out_{db_, "DELETE FROM operator_lock WHERE until_us <= ?1"};
    statement put_lock_{db_,
                        "INSERT INTO operator_lock (operator, reason, since_us, until_us, locked_by, seq)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                        " ON CONFLICT (operator) DO UPDATE SET reason = excluded.reason, since_us = excluded.since_us,"
                        " until_us = excluded.until_us, locked_by = excluded.locked_by, seq = excluded.seq"};
    statement remove_lock_{db_, "DELETE FROM operator_lock WHERE operator = ?1"};
    statement locks_{db_,
                     "SELECT operator, reason, since_us, until_us, locked_by FROM operator_lock ORDER BY operator"};
    statement add_key_{db_,
                       "INSERT INTO api_key (id, name, role, sha256, created_us, created_by, expires_us, seq)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
    statement remove_key_{db_, "DELETE FROM api_key WHERE id = ?1"};
    statement keys_{db_, "SELECT id, name, role, sha256, created_us, created_by, expires_us FROM api_key ORDER BY id"};
};

}  // namespace valhalla::schema
