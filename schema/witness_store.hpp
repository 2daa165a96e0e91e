// SPDX-License-Identifier: Apache-2.0
//
// What this daemon cosigned of other logs. One connection, its thread.
#pragma once

#include <string_view>

#include "schema/model/ids.hpp"
#include "schema/model/witnessed.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class witness_store {
  public:
    explicit witness_store(const connection& db) : db_{db} {}

    void put(std::string_view origin, const witnessed_tree& tree, audit_seq seq);
    [[nodiscard]] witnessed_map load();

  private:
    const connection& db_;
    statement put_{
        db_,
        "INSERT INTO witnessed (origin, size, root, seq) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, seq = excluded.seq"};
    statement all_{db_, "SELECT origin, size, root FROM witnessed ORDER BY origin"};
};

}  // namespace valhalla::schema
