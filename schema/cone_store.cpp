// SPDX-License-Identifier: Apache-2.0
#include "schema/cone_store.hpp"

#include <algorithm>
#include <limits>

#include "schema/limits.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {
namespace {

constexpr audit_seq end_of_time{std::numeric_limits<std::int64_t>::max()};

}  // namespace

cone cone_shelf::row_to_cone(const statement::use_guard& row) {
    return {.in_force = stored_band(row.integer(1), "cone_history.band"),
            .reason = std::string{row.text(2)},
            .updated_at = micros_at(row.integer(3)),
            .metrics_json = std::string{row.text(4)}};
}

void cone_writer::append(audit_seq seq, const cone& what, std::string_view set_by) {
    append_.run(seq, what.in_force, what.reason, micros_count(what.updated_at), what.metrics_json, set_by);
}

std::optional<cone> cone_shelf::current() {
    auto row = before_.use(end_of_time, 1);
    return row.step() ? std::optional{row_to_cone(row)} : std::nullopt;
}

cone_page cone_shelf::page(std::optional<audit_seq> before, std::size_t limit) {
    const std::size_t rows = std::clamp<std::size_t>(limit, 1, limits::page_rows);
    cone_page page;
    auto row = before_.use(before.value_or(end_of_time), rows + 1);  // one more tells whether there are more
    std::size_t bytes = 0;
    rows_in_order order{"cone_history", rows_in_order::direction::down};
    order.take(raw(before.value_or(end_of_time)));
    while (row.step()) {
        order.take(row.integer(0));
        cone what = row_to_cone(row);
        bytes += what.reason.size() + what.metrics_json.size();
        if (page.rows.size() == rows || (!page.rows.empty() && bytes > limits::page_text_bytes)) {
            page.next = page.rows.back().seq;
            break;
        }
        page.rows.push_back({audit_seq{row.integer(0)}, std::move(what), std::string{row.text(5)}});
    }
    return page;
}

}  // namespace valhalla::schema
