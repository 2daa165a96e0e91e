// SPDX-License-Identifier: Apache-2.0
#include "schema/audit_search.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "schema/limits.hpp"

namespace valhalla::schema {
namespace {

std::string search_sql(std::string_view index, std::string_view condition, std::string_view direction) {
    return fmt::format(
        "SELECT seq, event_id, session, actor_id, record FROM audit {}"
        " WHERE {} AND seq > ?1 AND seq < ?2 ORDER BY seq {}",
        index, condition, direction);
}

}  // namespace

audit_search::route::route(const connection& db, std::string_view index, std::string_view condition)
    : ascending{db, search_sql(index, condition, "ASC")}, descending{db, search_sql(index, condition, "DESC")} {}

std::optional<std::int64_t> audit_search::id_of_event(std::string_view name) {
    auto row = event_id_.use(name);
    return row.step() ? std::optional{row.integer(0)} : std::nullopt;
}

std::optional<audit_search::wanted> audit_search::resolve(const audit_query& query) {
    wanted w;
    if (query.event) {
        w.event = id_of_event(*query.event);
        if (!w.event) {
            return std::nullopt;
        }
    }
    if (query.actor) {
        auto row = actor_id_.use(*query.actor);
        if (!row.step()) {
            return std::nullopt;
        }
        w.actor = row.integer(0);
    }
    if (query.session) {
        w.session = raw(*query.session);
    }
    return w;
}

/// The first seq whose record is not before `t`; one past the end when there is none. seq has no gaps, and time
/// never goes backward along it.
std::int64_t audit_search::first_at_or_after(unix_micros t) {
    std::int64_t low = 1;
    std::int64_t high = size() + 1;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        auto row = ts_.use(middle);
        if (row.step() && row.integer(0) >= micros_count(t)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

audit_search::range audit_search::range_of(const audit_query& query) {
    range r{query.after ? raw(*query.after) : 0,
            query.before ? raw(*query.before) : std::numeric_limits<std::int64_t>::max()};
    if (query.since) {
        r.above = std::max(r.above, first_at_or_after(*query.since) - 1);
    }
    if (query.until) {
        r.below = std::min(r.below, first_at_or_after(*query.until));
    }
    return r;
}

/// A session has fewer records than a kind of event has; an actor, on a machine that people use, too.
std::pair<audit_search::route*, std::int64_t> audit_search::best_route(const wanted& w) {
    if (w.session) {
        return {&by_session_, *w.session};
    }
    if (w.event) {
        return {&by_event_, *w.event};
    }
    if (w.actor) {
        return {&by_actor_, *w.actor};
    }
    return {&all_, 0};
}

audit_page audit_search::page(const audit_query& query) {
    audit_page page;
    page.ascending = query.after.has_value();
    const std::optional<wanted> names = resolve(query);
    if (!names) {
        return page;
    }
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits::page_rows);
    const range r = range_of(query);
    const auto [way, key] = best_route(*names);
    statement& rows = page.ascending ? way->ascending : way->descending;
    auto row = rows.use(r.above, r.below, key);
    std::size_t scanned = 0;
    std::size_t bytes = 0;
    std::int64_t looked_at = page.ascending ? r.above : r.below;
    while (row.step()) {
        const bool fits = (!names->event || row.integer(1) == *names->event) &&
                          (!names->session || row.integer(2) == *names->session) &&
                          (!names->actor || row.integer(3) == *names->actor);
        const std::string_view record = fits ? row.text(4) : std::string_view{};
        const bool full =
            page.records.size() == limit || (!page.records.empty() && bytes + record.size() > query.max_bytes);
        if (scanned == limits::audit_rows_scanned || (fits && full)) {
            page.next = audit_seq{looked_at};
            break;
        }
        ++scanned;
        looked_at = row.integer(0);
        if (fits) {
            bytes += record.size();
            page.records.emplace_back(record);
        }
    }
    return page;
}

std::int64_t audit_search::size() {
    auto row = last_.use();
    return row.step() ? row.integer(0) : 0;
}

audit_seq audit_search::visit(audit_seq first, audit_seq last, std::int64_t limit,
                              const std::function<void(std::string_view)>& visitor) {
    audit_seq at = first;
    std::int64_t visited = 0;
    auto row = in_order_.use(first, last, limit);
    while (row.step()) {
        at = next(audit_seq{row.integer(0)});
        visitor(row.text(1));
        ++visited;
    }
    return visited < limit ? next(last) : at;
}

audit_search::verdict_counts audit_search::decisions_in(session_id id) {
    // A number that no kind has, where there was no such decision yet.
    const std::int64_t allow = id_of_event("CONE_ALLOW").value_or(-1);
    const std::int64_t deny = id_of_event("CONE_DENY").value_or(-1);
    auto row = verdicts_.use(id, allow, deny);
    return row.step() ? verdict_counts{row.integer(0), row.integer(1)} : verdict_counts{};
}

void audit_search::visit_session(session_id id, std::string_view event, std::size_t limit,
                                 const std::function<void(std::string_view)>& visitor) {
    const std::optional<std::int64_t> event_id = id_of_event(event);
    if (!event_id) {
        return;
    }
    auto row = in_session_.use(id, *event_id, limit);
    while (row.step()) {
        visitor(row.text(0));
    }
}

}  // namespace valhalla::schema
