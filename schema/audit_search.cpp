// SPDX-License-Identifier: Apache-2.0
#include "schema/audit_search.hpp"

#include <algorithm>

#include "schema/limits.hpp"
#include "schema/model/event_names.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view audit_table = "audit";
constexpr std::int64_t tile_records = static_cast<std::int64_t>(tile_width);
/// What looking at a tile's bitmaps costs, in rows scanned.
constexpr std::size_t tile_cost = 4;

/// First of the records that no complete tile holds.
std::int64_t first_of_open_tile(std::int64_t size) noexcept {
    return size / tile_records * tile_records + 1;
}

}  // namespace

std::optional<std::int64_t> audit_search::id_of_event(std::string_view name) {
    auto row = event_id_.use(name);
    return row.step() ? std::optional{row.integer(0)} : std::nullopt;
}

std::optional<audit_search::wanted> audit_search::resolve(const audit_query& query) {
    wanted w;
    if (query.event) {
        w[posting_kind::event] = id_of_event(*query.event);
        if (!w[posting_kind::event]) {
            return std::nullopt;
        }
        w.event = as_written(*query.event);
    }
    if (query.actor) {
        auto row = actor_id_.use(*query.actor);
        if (!row.step()) {
            return std::nullopt;
        }
        w[posting_kind::actor] = row.integer(0);
        w.actor = as_written(*query.actor);
    }
    if (query.session) {
        w[posting_kind::session] = raw(*query.session);
    }
    return w;
}

bool audit_search::wanted::fits(std::string_view record) const {
    const auto header = stored_header(record);
    const auto& session = (*this)[posting_kind::session];
    return (!(*this)[posting_kind::event] || header.event == event) &&
           (!(*this)[posting_kind::actor] || header.actor == actor) &&
           (!session || (header.session && raw(*header.session) == *session));
}

/// seq has no gaps, and time never goes backward along it: the row is found by bisection, the record by looking at its
/// neighbours in the row.
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
    auto row = rows_up_.use(low);
    if (low <= size() && row.step()) {
        run_.read_with(audit_seq{low}, row);
        while (run_.holds(audit_seq{low}) && stored_header(run_.record(run_.place(audit_seq{low}))).ts < t) {
            ++low;
        }
    }
    return low;
}

audit_search::range audit_search::range_of(const audit_query& query) {
    range r{query.after ? raw(*query.after) : 0, query.before ? raw(*query.before) : size() + 1};
    r.above = std::clamp<std::int64_t>(r.above, 0, size());  // the largest of all seqs has no next one
    r.below = std::clamp<std::int64_t>(r.below, 0, size() + 1);
    if (query.since) {
        r.above = std::max(r.above, first_at_or_after(*query.since) - 1);
    }
    if (query.until) {
        r.below = std::min(r.below, first_at_or_after(*query.until));
    }
    return r;
}

tile_bits audit_search::matches(const wanted& w, const posting_reader::row& found, posting_kind kind) {
    tile_bits bits = found.bits;
    for (const auto other : {posting_kind::event, posting_kind::actor, posting_kind::session}) {
        if (other != kind && w[other]) {
            bits = bits & postings_.bits(other, *w[other], found.tile);
        }
    }
    return bits;
}

/// One pass over the records of a range that have all that is wanted, in order, for as long as they are taken and the
/// budget lasts.
class audit_search::walk {
  public:
    walk(audit_search& from, const wanted& w, range r, bool ascending, std::size_t budget, const taker& take)
        : from_{from}, wanted_{w}, range_{r}, ascending_{ascending}, budget_{budget}, take_{take} {}

    /// Where to go on, exclusive; nothing when the range was passed to its end.
    std::optional<audit_seq> run() {
        const std::int64_t open = wanted_.anything() ? 1 : first_of_open_tile(from_.size());
        const range in_rows{std::max(range_.above, open - 1), range_.below};
        const range in_tiles{range_.above, std::min(range_.below, open)};
        const bool done = ascending_ ? tiles(in_tiles) && rows(in_rows) : rows(in_rows) && tiles(in_tiles);
        return done ? std::nullopt : std::optional{audit_seq{passed_}};
    }

  private:
    /// False when the pass ends here: `seq` and what follows it were not looked at.
    bool stop_before(std::int64_t seq) {
        if (passed_ == 0) {
            passed_ = ascending_ ? seq - 1 : seq + 1;
        }
        return false;
    }

    bool offer(std::int64_t seq, std::string_view record) {
        if (!take_(audit_seq{seq}, record)) {
            return stop_before(seq);
        }
        passed_ = seq;
        return true;
    }

    /// Looks at every record.
    bool rows(range r) {
        if (r.above + 1 >= r.below) {
            return true;
        }
        const audit_seq first{r.above + 1};
        const audit_seq last{r.below - 1};
        auto row = ascending_ ? from_.rows_up_.use(first) : from_.rows_down_.use(last);
        const audit_run& run = from_.run_;
        for (audit_seq wanted = ascending_ ? first : last; first <= wanted && wanted <= last;
             wanted = ascending_ ? next(run.last()) : audit_seq{raw(run.first()) - 1}) {
            if (!row.step()) {
                throw_damaged(audit_table);
            }
            from_.run_.read_with(wanted, row);
            if (!records_in(run, std::max(first, run.first()), std::min(last, run.last()))) {
                return false;
            }
        }
        return true;
    }

    bool records_in(const audit_run& run, audit_seq first, audit_seq last) {
        const std::size_t count = run.place(last) - run.place(first) + 1;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = ascending_ ? run.place(first) + i : run.place(last) - i;
            const std::int64_t seq = raw(run.seq(at));
            if (scanned_++ >= budget_) {
                return stop_before(seq);
            }
            if (!wanted_.anything() && !wanted_.fits(run.record(at))) {
                passed_ = seq;
            } else if (!offer(seq, run.sound_record(at, from_.hasher_))) {
                return false;
            }
        }
        return true;
    }

    /// A session has fewer records than an actor has, and he, on a machine that people use, fewer than an event.
    [[nodiscard]] posting_kind rarest() const {
        for (const auto kind : {posting_kind::session, posting_kind::actor}) {
            if (wanted_[kind]) {
                return kind;
            }
        }
        return posting_kind::event;
    }

    /// Looks at bitmaps, and at the records that they show.
    bool tiles(range r) {
        if (r.above + 1 >= r.below) {
            return true;
        }
        const posting_kind kind = rarest();
        const std::int64_t first = tile_of(audit_seq{r.above + 1});
        const std::int64_t last = tile_of(audit_seq{r.below - 1});
        std::int64_t tile = ascending_ ? first : last;
        for (;;) {
            const auto found = ascending_ ? from_.postings_.at_or_after(kind, *wanted_[kind], tile)
                                          : from_.postings_.at_or_before(kind, *wanted_[kind], tile);
            if (!found || found->tile < first || found->tile > last) {
                return true;
            }
            scanned_ += tile_cost;
            if (scanned_ > budget_) {
                return stop_before(raw(seq_at(found->tile, ascending_ ? 0 : tile_width - 1)));
            }
            if (!records_of(found->tile, from_.matches(wanted_, *found, kind), r)) {
                return false;
            }
            tile = found->tile + (ascending_ ? 1 : -1);
        }
    }

    bool records_of(std::int64_t tile, const tile_bits& bits, range r) {
        for (std::size_t i = 0; i < tile_width; ++i) {
            const std::size_t place = ascending_ ? i : tile_width - 1 - i;
            const std::int64_t seq = raw(seq_at(tile, place));
            if (!bits.test(place) || seq <= r.above || seq >= r.below) {
                continue;
            }
            if (scanned_++ >= budget_) {
                return stop_before(seq);
            }
            auto row = from_.rows_up_.use(seq);
            if (!row.step()) {
                throw_damaged(audit_table);
            }
            from_.run_.read_with(audit_seq{seq}, row);
            const auto record = from_.run_.sound_record(from_.run_.place(audit_seq{seq}), from_.hasher_);
            if (!wanted_.fits(record)) {
                throw_damaged("audit_posting");
            }
            if (!offer(seq, record)) {
                return false;
            }
        }
        passed_ = raw(seq_at(tile, ascending_ ? tile_width - 1 : 0));
        return true;
    }

    audit_search& from_;
    const wanted& wanted_;
    range range_;
    bool ascending_;
    std::size_t budget_;  // rows
    const taker& take_;
    std::size_t scanned_ = 0;
    std::int64_t passed_ = 0;  // the last seq looked at; 0: none yet
};

audit_page audit_search::page(const audit_query& query) {
    audit_page page;
    page.ascending = query.after.has_value();
    const std::optional<wanted> names = resolve(query);
    if (!names) {
        return page;
    }
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits::page_rows);
    std::size_t bytes = 0;
    const taker take = [&](audit_seq /*seq*/, std::string_view record) {
        if (page.records.size() == limit || (!page.records.empty() && bytes + record.size() > query.max_bytes)) {
            return false;
        }
        bytes += record.size();
        page.records.emplace_back(record);
        return true;
    };
    page.next = walk{*this, *names, range_of(query), page.ascending, query.max_scanned, take}.run();
    return page;
}

std::int64_t audit_search::size() {
    auto row = last_.use();
    return row.step() ? row.integer(0) : 0;
}

audit_seq audit_search::visit(audit_seq first, audit_seq last, std::int64_t limit,
                              const std::function<void(std::string_view)>& visitor) {
    audit_seq at = std::max(first, audit_seq{1});
    const audit_seq end = std::min(last, audit_seq{size()});
    std::int64_t visited = 0;
    auto row = rows_up_.use(at);
    while (at <= end && visited < limit) {
        if (!row.step()) {
            throw_damaged(audit_table);
        }
        run_.read_with(at, row);
        for (; at <= std::min(end, run_.last()) && visited < limit; at = next(at)) {
            visitor(run_.sound_record(run_.place(at), hasher_));
            ++visited;
        }
    }
    return visited < limit ? next(last) : at;
}

audit_search::verdict_counts audit_search::decisions_in(session_id id) {
    // A number that no kind has, where there was no such decision yet.
    const std::int64_t allow = id_of_event("CONE_ALLOW").value_or(-1);
    const std::int64_t deny = id_of_event("CONE_DENY").value_or(-1);
    verdict_counts counts;
    for (std::int64_t tile = 0;; ++tile) {
        const auto found = postings_.at_or_after(posting_kind::session, raw(id), tile);
        if (!found) {
            break;
        }
        tile = found->tile;
        counts.allowed += (found->bits & postings_.bits(posting_kind::event, allow, tile)).count();
        counts.denied += (found->bits & postings_.bits(posting_kind::event, deny, tile)).count();
    }
    visit(audit_seq{first_of_open_tile(size())}, audit_seq{size()}, tile_records, [&](std::string_view record) {
        const auto header = stored_header(record);
        if (header.session == id) {
            counts.allowed += header.event == event_names::cone_allow ? 1 : 0;
            counts.denied += header.event == event_names::cone_deny ? 1 : 0;
        }
    });
    return counts;
}

void audit_search::visit_session(session_id id, std::string_view event, std::size_t limit,
                                 const std::function<void(std::string_view)>& visitor) {
    wanted w;
    w[posting_kind::session] = raw(id);
    w[posting_kind::event] = id_of_event(event);
    if (!w[posting_kind::event]) {
        return;
    }
    w.event = as_written(event);
    std::size_t visited = 0;
    const taker take = [&](audit_seq /*seq*/, std::string_view record) {
        if (visited == limit) {
            return false;
        }
        ++visited;
        visitor(record);
        return true;
    };
    for (range r{0, size() + 1}; visited < limit;) {
        const auto more = walk{*this, w, r, true, limits::audit_rows_scanned, take}.run();
        if (!more) {
            return;
        }
        r.above = raw(*more);
    }
}

audit_seq audit_search::newest_of(session_id id) {
    wanted w;
    w[posting_kind::session] = raw(id);
    audit_seq newest{};
    const taker take = [&newest](audit_seq seq, std::string_view /*record*/) {
        newest = std::max(newest, seq);
        return false;
    };
    static_cast<void>(walk{*this, w, {0, size() + 1}, false, limits::audit_rows_scanned, take}.run());
    return newest;
}

}  // namespace valhalla::schema
