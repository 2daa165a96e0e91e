// SPDX-License-Identifier: Apache-2.0
//
// Work sessions as rows: writing by the projection, reading by both sides. Which record of a session is its newest is
// not stored but found in the trail, so that a decision costs no second row. One connection, its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/event.hpp"
#include "schema/reader.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// Read side.
class session_shelf {
  public:
    explicit session_shelf(const connection& db) : db_{db} {}

    [[nodiscard]] std::optional<session> find(session_id id);
    /// The one started last: the highest id.
    [[nodiscard]] std::optional<session> latest();
    /// Each operator's active session, or else his latest, in order of id.
    [[nodiscard]] std::vector<session> current_of_each_operator();
    [[nodiscard]] session_page page(const session_query& query);
    /// In order of id.
    void each(const std::function<void(const session&)>& visit);
    [[nodiscard]] std::vector<session_remark> notes(session_id id);
    /// 1 when there is no session yet.
    [[nodiscard]] session_id next_id();

  private:
    [[nodiscard]] session find_listed(session_id id);
    static std::string select(std::string_view rest);
    [[nodiscard]] static session row_to_session(const statement::use_guard& row);

    const connection& db_;
    statement by_id_{db_, select("WHERE s.id = ?1")};
    statement latest_{db_, select("ORDER BY s.id DESC LIMIT 1")};
    statement all_{db_, select("ORDER BY s.id")};
    statement before_{db_, select("WHERE s.id < ?1 ORDER BY s.id DESC")};
    statement of_operator_{
        db_, select("INDEXED BY session_operator WHERE s.operator = ?2 AND s.id < ?1 ORDER BY s.id DESC")};
    statement active_{db_, "SELECT id FROM session INDEXED BY session_active WHERE active = 1 ORDER BY id DESC"};
    statement current_ids_{db_,
                           "SELECT MAX(o.id), r.id FROM session AS o INDEXED BY session_operator"
                           " LEFT JOIN session AS r INDEXED BY session_active"
                           " ON r.operator = o.operator AND r.active = 1"
                           " GROUP BY o.operator"};
    statement notes_{db_, "SELECT seq, ts_us, author, text FROM session_note WHERE session = ?1 ORDER BY seq LIMIT ?2"};
};

/// Write side.
class session_writer {
  public:
    explicit session_writer(const connection& db) : db_{db} {}

    void start(const events::session_started& e, audit_seq seq);
    void end(const events::session_ended& e);
    void note(const events::session_noted& e, const audit_entry& entry);
    void add_imported(const session& s, audit_seq seq);

  private:
    const connection& db_;
    statement insert_{db_,
                      "INSERT INTO session (id, operator, active, started_us, ended_us, cone_band, status, why_ended,"
                      " first_seq, start_notes, end_notes, snapshot)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"};
    statement end_{db_,
                   "UPDATE session SET active = 0, ended_us = ?2, end_notes = ?3, why_ended = ?4"
                   " WHERE id = ?1 AND active = 1"};
    statement note_{db_, "INSERT INTO session_note (seq, session, ts_us, author, text) VALUES (?1, ?2, ?3, ?4, ?5)"};
};

}  // namespace valhalla::schema
