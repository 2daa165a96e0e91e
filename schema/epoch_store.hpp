// SPDX-License-Identifier: Apache-2.0
//
// Under which name and key the trail's checkpoints are signed, from which record on. One connection, its thread.
#pragma once

#include <optional>

#include "schema/model/epoch.hpp"
#include "schema/model/event.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class epoch_store {
  public:
    explicit epoch_store(const connection& db) : db_{db} {}

    void append(const events::epoch_started& e, audit_seq seq, unix_micros ts);
    /// Nothing in a database that never signed a checkpoint.
    [[nodiscard]] std::optional<epoch> current();

  private:
    const connection& db_;
    statement append_{db_,
                      "INSERT INTO epoch (seq, origin, verifier_key, started_us, reason, refused_anchor)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
    statement current_{db_, "SELECT seq, origin, verifier_key FROM epoch ORDER BY seq DESC LIMIT 1"};
};

}  // namespace valhalla::schema
