// SPDX-License-Identifier: Apache-2.0
//
// Every cone that ever was; the newest is in force. One connection, its thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "schema/model/cone.hpp"
#include "schema/reader.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// Read side.
class cone_shelf {
  public:
    explicit cone_shelf(const connection& db) : db_{db} {}

    [[nodiscard]] std::optional<cone> current();
    /// Newest first.
    [[nodiscard]] cone_page page(std::optional<audit_seq> before, std::size_t limit);

  private:
    [[nodiscard]] static cone row_to_cone(const statement::use_guard& row);

    const connection& db_;
    statement before_{db_,
                      "SELECT seq, band, reason, updated_us, metrics, set_by FROM cone_history WHERE seq < ?1"
                      " ORDER BY seq DESC LIMIT ?2"};
};

/// Write side.
class cone_writer {
  public:
    explicit cone_writer(const connection& db) : db_{db} {}

    void append(audit_seq seq, const cone& what, std::string_view set_by);

  private:
    const connection& db_;
    statement append_{db_,
                      "INSERT INTO cone_history (seq, band, reason, updated_us, metrics, set_by)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
};

}  // namespace valhalla::schema
