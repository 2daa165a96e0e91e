// SPDX-License-Identifier: Apache-2.0
//
// What is stored of the clock of spans: where it stood, and the few spans that the records do not tell. As long as the
// wall clock is right, a span ends when its record says, and has no row here. Ledger thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/statement.hpp"
#include "schema/stored_span.hpp"

namespace valhalla::schema {

class span_store {
  public:
    explicit span_store(const connection& db) : db_{db} { find_present(); }

    void put(const stored_span& one);
    /// Costs nothing when there is none.
    void remove(span_kind kind, std::string_view name);
    /// A lock that has run out goes without a record of its own.
    void remove_of_gone_locks();
    [[nodiscard]] std::vector<stored_span> all();
    void put_mark(const clock_mark& mark);
    [[nodiscard]] std::optional<clock_mark> mark();
    void committed() noexcept { changed_ = false; }
    void rolled_back();

  private:
    void find_present();

    const connection& db_;
    std::set<std::pair<span_kind, std::string>> present_;
    bool changed_ = false;  // by the open transaction
    statement put_{db_,
                   "INSERT INTO span (kind, name, at_us) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT (kind, name) DO UPDATE SET at_us = excluded.at_us"};
    statement remove_{db_, "DELETE FROM span WHERE kind = ?1 AND name = ?2"};
    statement remove_gone_{db_, "DELETE FROM span WHERE kind = 1 AND name NOT IN (SELECT operator FROM operator_lock)"};
    statement all_{db_, "SELECT kind, name, at_us FROM span ORDER BY kind, name"};
    statement put_mark_{db_,
                        "INSERT INTO span_clock (one, span_us, wall_us, running_us, boot) VALUES (1, ?1, ?2, ?3, ?4)"
                        " ON CONFLICT (one) DO UPDATE SET span_us = excluded.span_us, wall_us = excluded.wall_us,"
                        " running_us = excluded.running_us, boot = excluded.boot"};
    statement mark_{db_, "SELECT span_us, wall_us, running_us, boot FROM span_clock WHERE one = 1"};
};

}  // namespace valhalla::schema
