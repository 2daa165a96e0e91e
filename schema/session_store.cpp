// SPDX-License-Identifier: Apache-2.0
#include "schema/session_store.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "schema/limits.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view session_table = "session";

}  // namespace

std::string session_shelf::select(std::string_view rest) {
    // `rest` may begin with INDEXED BY, which belongs right behind the table.
    return fmt::format(
        "SELECT s.id, s.operator, s.active, s.started_us, s.ended_us, s.cone_band, s.status, s.why_ended, s.first_seq,"
        " s.start_notes, s.end_notes, s.snapshot FROM session AS s {}",
        rest);
}

session session_shelf::row_to_session(const statement::use_guard& row) {
    session s;
    s.id = session_id{row.integer(0)};
    s.operator_name = row.text(1);
    s.active = row.integer(2) != 0;
    s.started_at = stored_time(row.maybe_integer(3));
    s.ended_at = stored_time(row.maybe_integer(4));
    if (const auto band = row.maybe_integer(5)) {
        s.cone_band = stored_band(*band, "session.cone_band");
    }
    if (const auto status = row.maybe_integer(6)) {
        s.status = stored_level(*status, "session.status");
    }
    if (const auto why = row.maybe_integer(7)) {
        s.why_ended = stored_end_reason(*why, "session.why_ended");
    }
    s.first_seq = audit_seq{row.integer(8)};
    s.start_notes = row.maybe_text(9);
    s.end_notes = row.maybe_text(10);
    s.snapshot_json = row.text(11);
    return s;
}

std::optional<session> session_shelf::find(session_id id) {
    auto row = by_id_.use(id);
    if (!row.step()) {
        return std::nullopt;
    }
    if (row.integer(0) != raw(id)) {
        throw_damaged(session_table);
    }
    return row_to_session(row);
}

/// One that an index names.
session session_shelf::find_listed(session_id id) {
    auto found = find(id);
    if (!found) {
        throw_damaged(session_table);
    }
    return *std::move(found);
}

std::optional<session> session_shelf::latest() {
    auto row = latest_.use();
    return row.step() ? std::optional{row_to_session(row)} : std::nullopt;
}

std::vector<session> session_shelf::current_of_each_operator() {
    std::vector<session_id> ids;
    {
        auto row = current_ids_.use();
        while (row.step()) {
            ids.emplace_back(session_id{row.is_null(1) ? row.integer(0) : row.integer(1)});
        }
    }
    std::ranges::sort(ids);
    std::vector<session> sessions;
    sessions.reserve(ids.size());
    for (const session_id id : ids) {
        sessions.push_back(find_listed(id));
    }
    return sessions;
}

namespace {

bool fits(const session& s, const session_query& query) {
    return (!query.operator_name || s.operator_name == *query.operator_name) &&
           (!query.active || s.active == *query.active) &&
           (!query.since || (s.started_at && *s.started_at >= *query.since)) &&
           (!query.until || (s.started_at && *s.started_at < *query.until));
}

std::size_t text_bytes(const session& s) {
    const auto of = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
    return s.snapshot_json.size() + of(s.start_notes) + of(s.end_notes) + of(s.notes());
}

}  // namespace

session_page session_shelf::page(const session_query& query) {
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits::page_rows);
    const session_id before = query.before.value_or(session_id{std::numeric_limits<std::int64_t>::max()});
    session_page page;
    std::size_t scanned = 0;
    std::size_t bytes = 0;
    session_id looked_at = before;
    // Looks at one row; false when the page is complete.
    const auto take = [&](session s) {
        const bool wanted = fits(s, query);
        const bool full = page.sessions.size() == limit ||
                          (!page.sessions.empty() && bytes + text_bytes(s) > limits::page_text_bytes);
        if (scanned == limits::session_rows_scanned || (wanted && full)) {
            page.next = looked_at;
            return false;
        }
        ++scanned;
        looked_at = s.id;
        if (wanted) {
            bytes += text_bytes(s);
            page.sessions.push_back(std::move(s));
        }
        return true;
    };
    if (query.active == true) {  // few: at most one per operator
        rows_in_order order{session_table, rows_in_order::direction::down};
        auto row = active_.use();
        while (row.step()) {
            const session_id id{row.integer(0)};
            order.take(raw(id));
            if (id < before && !take(find_listed(id))) {
                break;
            }
        }
        return page;
    }
    auto row = query.operator_name ? of_operator_.use(before, *query.operator_name) : before_.use(before);
    rows_in_order order{session_table, rows_in_order::direction::down};
    order.take(raw(before));
    while (row.step()) {
        session s = row_to_session(row);
        order.take(raw(s.id));
        if (query.operator_name && s.operator_name != *query.operator_name) {
            throw_damaged(session_table);
        }
        if (!take(std::move(s))) {
            break;
        }
    }
    return page;
}

void session_shelf::each(const std::function<void(const session&)>& visit) {
    rows_in_order order{session_table, rows_in_order::direction::up};
    auto row = all_.use();
    while (row.step()) {
        order.take(row.integer(0));
        visit(row_to_session(row));
    }
}

std::vector<session_remark> session_shelf::notes(session_id id) {
    std::vector<session_remark> notes;
    auto row = notes_.use(id, limits::story_rows);
    std::size_t bytes = 0;
    while (row.step()) {
        bytes += row.text(3).size();
        if (bytes > limits::page_text_bytes) {
            break;
        }
        notes.push_back(
            {audit_seq{row.integer(0)}, micros_at(row.integer(1)), std::string{row.text(2)}, std::string{row.text(3)}});
    }
    return notes;
}

session_id session_shelf::next_id() {
    auto row = latest_.use();
    return row.step() ? next(session_id{row.integer(0)}) : session_id{1};
}

void session_writer::start(const events::session_started& e, audit_seq seq) {
    insert_.run(e.id, e.operator_name, true, micros_count(e.started_at), std::nullopt, e.cone_band, e.status,
                std::nullopt, seq, e.notes, std::nullopt, text_or_null{e.snapshot_json});
}

void session_writer::end(const events::session_ended& e) {
    if (end_.run(e.id, micros_count(e.ended_at), e.notes, e.reason) != 1) {
        throw storage_error{storage_fault::failed, fmt::format("session {} is not active and cannot end", raw(e.id))};
    }
}

void session_writer::note(const events::session_noted& e, const audit_entry& entry) {
    note_.run(entry.seq, e.id, micros_count(entry.ts), entry.who.name, e.text);
}

void session_writer::add_imported(const session& s, audit_seq seq) {
    insert_.run(s.id, s.operator_name, s.active, stored_micros(s.started_at), stored_micros(s.ended_at), s.cone_band,
                s.status, s.why_ended, seq, s.start_notes, s.end_notes, text_or_null{s.snapshot_json});
}

}  // namespace valhalla::schema
