// SPDX-License-Identifier: Apache-2.0
//
// Answers that are kept for retries, by who asked and the key that he chose. Ledger thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/kept_answer.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

class request_key_store {
  public:
    explicit request_key_store(const connection& db) : db_{db} {}

    [[nodiscard]] std::optional<kept_answer> find(std::string_view actor, std::string_view key);
    /// Takes the place of an older one.
    void put(std::string_view actor, std::string_view key, const kept_answer& what);
    [[nodiscard]] bool any_before(span_point t);
    /// Forgets at most `limit` of those kept before `t`; gives how many.
    std::int64_t forget_before(span_point t, std::int64_t limit);

    /// None was kept after `now`: what says so was kept by a clock that was wrong, and its time begins anew.
    [[nodiscard]] bool any_after(span_point now);
    void none_after(span_point now);

  private:
    const connection& db_;
    statement find_{db_, "SELECT digest, answer, kept_us FROM request_key WHERE actor = ?1 AND key = ?2"};
    statement put_{db_,
                   "INSERT INTO request_key (actor, key, digest, answer, kept_us) VALUES (?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT (actor, key) DO UPDATE SET digest = excluded.digest, answer = excluded.answer,"
                   " kept_us = excluded.kept_us"};
    statement any_{db_, "SELECT 1 FROM request_key INDEXED BY request_key_kept WHERE kept_us < ?1 LIMIT 1"};
    statement any_after_{db_, "SELECT 1 FROM request_key INDEXED BY request_key_kept WHERE kept_us > ?1 LIMIT 1"};
    statement none_after_{db_, "UPDATE request_key SET kept_us = ?1 WHERE kept_us > ?1"};
    statement forget_{db_,
                      "DELETE FROM request_key WHERE (actor, key) IN"
                      " (SELECT actor, key FROM request_key INDEXED BY request_key_kept WHERE kept_us < ?1 LIMIT ?2)"};
};

}  // namespace valhalla::schema
