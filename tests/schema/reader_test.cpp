// SPDX-License-Identifier: Apache-2.0
#include "schema/reader.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "schema/limits.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {
namespace {

using tests::history;
using tests::store_fixture;

std::int64_t seq_of(const std::string& record) {
    return raw(std::get<audit_entry>(decode_record(record)).seq);
}

std::vector<std::int64_t> seqs(const audit_page& page) {
    std::vector<std::int64_t> out;
    std::ranges::transform(page.records, std::back_inserter(out), seq_of);
    return out;
}

/// All pages one after the other.
std::vector<std::int64_t> all_seqs(reader& r, audit_query query, std::size_t* pages = nullptr) {
    std::vector<std::int64_t> out;
    for (;;) {
        const audit_page page = r.audit(query);
        const auto more = seqs(page);
        out.insert(out.end(), more.begin(), more.end());
        if (pages != nullptr) {
            ++*pages;
        }
        if (!page.next) {
            return out;
        }
        (page.ascending ? query.after : query.before) = page.next;
    }
}

struct random_fixture : store_fixture {
    random_fixture() { write(entries); }

    /// By definition, without any index.
    [[nodiscard]] std::vector<std::int64_t> expected(const audit_query& q) const {
        std::vector<std::int64_t> out;
        for (const audit_entry& e : entries) {
            const bool fits = (!q.event || event_name(e.what) == *q.event) && (!q.session || e.session == q.session) &&
                              (!q.actor || e.who.name == *q.actor) && (!q.since || e.ts >= *q.since) &&
                              (!q.until || e.ts < *q.until) && (!q.after || e.seq > *q.after) &&
                              (!q.before || e.seq < *q.before);
            if (fits) {
                out.push_back(raw(e.seq));
            }
        }
        if (!q.after) {
            std::ranges::reverse(out);
        }
        return out;
    }

    std::vector<audit_entry> entries = tests::random_history(11, 2'000);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reading)

BOOST_FIXTURE_TEST_CASE(every_combination_of_filters_finds_what_it_names, random_fixture) {
    reader r{path};
    std::size_t not_empty = 0;
    for (unsigned bits = 0; bits < 128; ++bits) {
        audit_query q;
        if ((bits & 1U) != 0) {
            q.event = "CONE_ALLOW";
        }
        if ((bits & 2U) != 0) {
            q.session = session_id{7};
        }
        if ((bits & 4U) != 0) {
            q.actor = "operator-2";
        }
        if ((bits & 8U) != 0) {
            q.since = history::time_of(40);
        }
        if ((bits & 16U) != 0) {
            q.until = history::time_of(1'900);
        }
        if ((bits & 32U) != 0) {
            q.after = audit_seq{20};
        }
        if ((bits & 64U) != 0) {
            q.before = audit_seq{1'950};
        }
        q.limit = 7;
        const auto want = expected(q);
        not_empty += want.empty() ? 0U : 1U;
        BOOST_TEST_CONTEXT("filters " << bits) {
            BOOST_TEST(all_seqs(r, q) == want, boost::test_tools::per_element());
        }
    }
    BOOST_TEST(not_empty > 60U);
}

BOOST_FIXTURE_TEST_CASE(a_full_page_knows_whether_there_is_more, store_fixture) {
    history h;
    write({h.created(), h.decision(true), h.decision(true), h.decision(true)});
    reader r{path};
    audit_query q;
    q.event = "CONE_ALLOW";
    q.limit = 3;
    BOOST_CHECK(!r.audit(q).next);
    q.limit = 2;
    BOOST_CHECK(r.audit(q).next == audit_seq{3});
    q.after = audit_seq{0};
    const audit_page ascending = r.audit(q);
    BOOST_TEST(ascending.ascending);
    BOOST_TEST(seqs(ascending) == (std::vector<std::int64_t>{2, 3}), boost::test_tools::per_element());
    BOOST_CHECK(ascending.next == audit_seq{3});
}

BOOST_FIXTURE_TEST_CASE(names_that_never_were_find_nothing, random_fixture) {
    reader r{path};
    BOOST_TEST(r.audit({.event = "X_NEVER"}).records.empty());
    BOOST_TEST(r.audit({.actor = "nobody"}).records.empty());
    BOOST_TEST(r.audit({.session = session_id{424242}}).records.empty());
    BOOST_TEST(r.audit({.since = history::time_of(1'000'000)}).records.empty());
    BOOST_TEST(r.audit({.until = history::time_of(0)}).records.empty());
}

BOOST_FIXTURE_TEST_CASE(pages_are_stable_while_records_are_appended, store_fixture) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.decision(true), h.decision(true), h.decision(true)});
    reader r{path};
    audit_query q;
    q.limit = 2;
    const audit_page first = r.audit(q);
    append(store, {h.decision(false), h.decision(false)});
    q.before = first.next;
    BOOST_TEST(seqs(first) == (std::vector<std::int64_t>{4, 3}), boost::test_tools::per_element());
    BOOST_TEST(seqs(r.audit(q)) == (std::vector<std::int64_t>{2, 1}), boost::test_tools::per_element());
}

/// Two actors in every tile, one with a denial at the beginning.
struct two_actors_fixture : store_fixture {
    two_actors_fixture() {
        history h;
        std::vector<audit_entry> entries{h.created(), h.started(1)};
        entries.push_back(h.decision(false, session_id{1}, "rare"));
        while (entries.size() < many) {
            const bool rare = entries.size() % 100 == 0;
            entries.push_back(h.decision(rare || entries.size() == 3, session_id{1}, rare ? "rare" : "often"));
        }
        write(entries);
    }
    static constexpr std::size_t many = 30 * tile_width + 100;
};

BOOST_FIXTURE_TEST_CASE(what_is_rare_is_found_at_once, two_actors_fixture) {
    reader r{path};
    audit_query q;
    q.event = "CONE_ALLOW";
    q.actor = "often";
    std::size_t pages = 0;
    BOOST_TEST(all_seqs(r, q, &pages) == (std::vector<std::int64_t>{4}), boost::test_tools::per_element());
    BOOST_TEST(pages == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_filter_that_matches_little_gives_short_pages_with_cursors, two_actors_fixture) {
    reader r{path};
    for (const bool ascending : {false, true}) {
        audit_query q;
        q.event = "CONE_DENY";
        q.actor = "rare";
        q.max_scanned = 40;
        if (ascending) {
            q.after = audit_seq{3};
            q.actor = "often";
            q.event = "CONE_ALLOW";
        }
        const audit_page first = r.audit(q);
        BOOST_TEST(first.records.size() == (ascending ? 1U : 0U));
        BOOST_TEST(first.next.has_value());
        std::size_t pages = 0;
        BOOST_TEST(all_seqs(r, q, &pages) == (std::vector<std::int64_t>{ascending ? 4 : 3}),
                   boost::test_tools::per_element());
        BOOST_TEST(pages > 2U);
    }
}

BOOST_FIXTURE_TEST_CASE(the_bitmaps_of_an_older_database_are_those_that_a_writer_makes, random_fixture) {
    const auto of_writer = query(
        "SELECT group_concat(kind || ' ' || id || ' ' || tile || ' ' || bits0 || ' ' || bits1 ||"
        " ' ' || bits2 || ' ' || bits3, ';') FROM audit_posting");
    BOOST_TEST(of_writer.size() > 1'000U);
    // As it was before there were bitmaps; then it is opened again.
    split_rows();
    tamper(
        "DROP TABLE span_clock; DROP TABLE span; DROP TABLE audit_posting; ALTER TABLE audit RENAME TO lately;"
        "CREATE TABLE audit (seq INTEGER NOT NULL PRIMARY KEY, ts_us INTEGER NOT NULL, event_id INTEGER NOT NULL,"
        " session INTEGER, actor_id INTEGER NOT NULL, leaf BLOB NOT NULL, record BLOB NOT NULL) STRICT;"
        "INSERT INTO audit SELECT seq, ts_us,"
        " (SELECT id FROM event_kind WHERE name = json_extract(CAST(records AS TEXT), '$.event')),"
        " json_extract(CAST(records AS TEXT), '$.session'),"
        " (SELECT id FROM actor_name WHERE name = json_extract(CAST(records AS TEXT), '$.actor.name')),"
        " leaves, CAST(substr(records, 1, length(records) - 1) AS BLOB) FROM lately;"
        "DROP TABLE lately;"
        "CREATE INDEX audit_event ON audit (event_id); CREATE INDEX audit_actor ON audit"
        " (actor_id); CREATE INDEX audit_session ON audit (session, seq, event_id) WHERE session IS NOT NULL;"
        " PRAGMA user_version = 4");
    {
        const ledger_store migrated{path};
    }
    BOOST_TEST(query("SELECT group_concat(kind || ' ' || id || ' ' || tile || ' ' || bits0 || ' ' || bits1 ||"
                     " ' ' || bits2 || ' ' || bits3, ';') FROM audit_posting") == of_writer);
}

BOOST_FIXTURE_TEST_CASE(a_range_may_begin_and_end_inside_of_a_row, random_fixture) {
    reader r{path};
    BOOST_TEST_REQUIRE(count("audit") < 500);  // of 2,000 records
    for (std::int64_t seq = 1'000; seq < 1'040; ++seq) {
        for (const auto& [since, until, after, before] :
             {std::tuple{seq, seq + 7, std::int64_t{0}, std::int64_t{0}},
              std::tuple{std::int64_t{0}, seq, seq - 30, seq},
              std::tuple{seq - 9, std::int64_t{0}, std::int64_t{0}, seq + 3}}) {
            audit_query q;
            q.since = since != 0 ? std::optional{history::time_of(since)} : std::nullopt;
            q.until = until != 0 ? std::optional{history::time_of(until)} : std::nullopt;
            q.after = after != 0 ? std::optional{audit_seq{after}} : std::nullopt;
            q.before = before != 0 ? std::optional{audit_seq{before}} : std::nullopt;
            q.limit = 5;
            BOOST_TEST(all_seqs(r, q) == expected(q), boost::test_tools::per_element());
        }
        std::vector<std::string> lines;
        r.each_record(audit_seq{seq}, audit_seq{seq + 11}, [&](std::string_view line) { lines.emplace_back(line); });
        BOOST_TEST_REQUIRE(lines.size() == 12U);
        BOOST_TEST(lines.front() == r.record(audit_seq{seq}).value());
        BOOST_TEST(lines.back() == r.record(audit_seq{seq + 11}).value());
    }
}

BOOST_FIXTURE_TEST_CASE(behind_the_largest_seq_there_is_nothing, random_fixture) {
    reader r{path};
    for (const auto after : {std::int64_t{2'000}, std::numeric_limits<std::int64_t>::max()}) {
        audit_query q;
        q.after = audit_seq{after};
        BOOST_TEST(r.audit(q).records.empty());
        q.event = "CONE_ALLOW";
        BOOST_TEST(r.audit(q).records.empty());
        q.before = audit_seq{100};
        BOOST_TEST(r.audit(q).records.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(a_page_of_large_records_is_short, store_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created(), h.started(1)};
    for (int i = 0; i < 30; ++i) {
        entries.push_back(h.noted(1, std::string(60'000, 'x')));
    }
    write(entries);
    reader r{path};
    const audit_page page = r.audit({});
    std::size_t bytes = 0;
    for (const std::string& record : page.records) {
        bytes += record.size();
    }
    BOOST_TEST(bytes <= limits::audit_page_bytes);
    BOOST_TEST(page.next.has_value());
    BOOST_TEST(all_seqs(r, {}).size() == entries.size());
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_does_not_see_what_came_after, store_fixture) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1)});
    reader r{path};
    r.begin_snapshot();
    append(store, {h.ended(1), h.entry(events::cone_changed{{band::survival, "bad", history::time_of(4), "{}"}})});
    BOOST_TEST(r.trail_size() == 2U);
    BOOST_TEST(r.latest_session()->active);
    BOOST_CHECK(r.current_cone()->in_force == band::caution);
    r.end_snapshot();
    BOOST_TEST(r.trail_size() == 4U);
    BOOST_TEST(!r.latest_session()->active);
    BOOST_CHECK(r.current_cone()->in_force == band::survival);
}

BOOST_FIXTURE_TEST_CASE(sessions_are_found_by_operator_time_and_state, store_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created()};
    for (std::int64_t id = 1; id <= 20; ++id) {  // started at record 2·id, those of bert run on
        const std::string who = id % 2 == 0 ? "anna" : "bert-" + std::to_string(id);
        entries.push_back(h.started(id, who));
        entries.push_back(id % 2 == 0 ? h.ended(id, who) : h.noted(id, "runs on"));
    }
    write(entries);
    reader r{path};
    const auto ids = [&r](session_query q) {
        std::vector<std::int64_t> out;
        q.limit = 3;
        for (;;) {
            const session_page page = r.sessions(q);
            BOOST_TEST(page.sessions.size() <= 3U);
            for (const session& s : page.sessions) {
                out.push_back(raw(s.id));
            }
            if (!page.next) {
                return out;
            }
            q.before = page.next;
        }
    };
    using list = std::vector<std::int64_t>;
    const auto per = boost::test_tools::per_element();
    BOOST_TEST(ids({}).size() == 20U);
    BOOST_TEST(ids({}).front() == 20);
    BOOST_TEST(ids({.operator_name = "bert-5"}) == (list{5}), per);
    BOOST_TEST(ids({.operator_name = "anna"}) == (list{20, 18, 16, 14, 12, 10, 8, 6, 4, 2}), per);
    BOOST_TEST(ids({.active = true}) == (list{19, 17, 15, 13, 11, 9, 7, 5, 3, 1}), per);
    BOOST_TEST(ids({.active = false}).size() == 10U);
    BOOST_TEST(ids({.operator_name = "anna", .active = true}).empty());
    BOOST_TEST(ids({.since = history::time_of(34), .until = history::time_of(38)}) == (list{18, 17}), per);
    BOOST_TEST(ids({.since = history::time_of(34), .active = true}) == (list{19, 17}), per);
}

BOOST_FIXTURE_TEST_CASE(long_texts_make_short_pages_and_a_story_that_still_fits, store_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created()};
    for (std::int64_t id = 1; id <= 40; ++id) {
        entries.push_back(h.started(id, "anna"));
        const auto now = h.next_time();
        entries.push_back(
            h.entry(events::session_ended{session_id{id}, "anna", now, std::string(16'000, 'e'), end_reason::ended},
                    session_id{id}));
    }
    for (int i = 0; i < 40; ++i) {
        entries.push_back(h.noted(1, std::string(16'000, 'n')));
        entries.push_back(h.entry(events::cone_changed{{band::caution, "r", h.next_time(), std::string(16'000, ' ')}}));
    }
    write(entries);
    reader r{path};
    std::size_t seen = 0;
    session_query q{.limit = 1'000};
    do {
        const auto page = r.sessions(q);
        BOOST_TEST_REQUIRE(!page.sessions.empty());
        BOOST_TEST(page.sessions.size() <= 8U);
        seen += page.sessions.size();
        q.before = page.next;
    } while (q.before);
    BOOST_TEST(seen == 40U);
    BOOST_TEST(r.story(session_id{1})->notes.size() == 16U);
    seen = 0;
    std::optional<audit_seq> before;
    do {
        const auto page = r.cones(before, 1'000);
        BOOST_TEST(page.rows.size() <= 17U);
        seen += page.rows.size();
        before = page.next;
    } while (before);
    BOOST_TEST(seen == 41U);
}

BOOST_FIXTURE_TEST_CASE(a_story_tells_what_happened_in_a_session, store_fixture) {
    history h;
    const session_id one{1};
    const auto step = [&](const char* id, bool done, std::optional<session_id> in) {
        return h.entry(events::step_set{id, done, {}, {}}, in);
    };
    write({h.created(), h.started(1, "anna"), h.started(2, "bert"), h.noted(1, "first"), h.decision(true, one),
           h.decision(true, one), h.decision(false, one), h.decision(false, session_id{2}), step("b", true, one),
           step("a", true, one), step("c", true, one), step("c", false, one), step("d", true, session_id{2}),
           h.noted(1, "second"), h.ended(1, "anna")});
    reader r{path};
    const auto story = r.story(one);
    BOOST_REQUIRE(story.has_value());
    BOOST_TEST(raw(story->what.first_seq) == 2);
    BOOST_TEST(raw(story->last_seq) == 15);
    BOOST_CHECK(story->what.why_ended == end_reason::ended);
    BOOST_TEST(story->what.snapshot_json == R"({"cone":{},"status":{}})");
    BOOST_REQUIRE(story->notes.size() == 2U);
    BOOST_TEST(story->notes[0].text == "first");
    BOOST_TEST(story->notes[1].author == "anna");
    BOOST_CHECK(story->notes[1].ts == history::time_of(14));
    BOOST_TEST(story->steps_done == (std::vector<std::string>{"b", "a"}), boost::test_tools::per_element());
    BOOST_TEST(story->decisions_allowed == 2);
    BOOST_TEST(story->decisions_denied == 1);
    BOOST_TEST(!r.story(session_id{3}).has_value());
}

BOOST_FIXTURE_TEST_CASE(cones_come_newest_first_in_pages, store_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created()};
    for (int i = 2; i <= 6; ++i) {
        entries.push_back(h.entry(
            events::cone_changed{{band::stabilize, "r" + std::to_string(i), history::time_of(i), R"({"n":1.0})"}}));
    }
    write(entries);
    reader r{path};
    const cone_page first = r.cones(std::nullopt, 4);
    BOOST_REQUIRE(first.rows.size() == 4U);
    BOOST_TEST(first.rows[0].what.reason == "r6");
    BOOST_TEST(first.rows[0].set_by == "anna");
    BOOST_TEST(first.rows[0].what.metrics_json == R"({"n":1.0})");
    BOOST_CHECK(first.next == audit_seq{3});
    const cone_page second = r.cones(first.next, 4);
    BOOST_TEST(second.rows.size() == 2U);
    BOOST_TEST(second.rows[1].set_by == "valhallad");
    BOOST_TEST(!second.next.has_value());
}

BOOST_FIXTURE_TEST_CASE(every_record_is_visited_in_order_whatever_the_length, store_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created()};
    while (entries.size() < static_cast<std::size_t>(limits::records_per_transaction) * 2 + 1) {
        entries.push_back(h.decision(true));
    }
    write(entries);
    reader r{path};
    std::int64_t at = 0;
    r.each_record(audit_seq{1}, audit_seq{static_cast<std::int64_t>(entries.size())},
                  [&at](std::string_view record) { BOOST_REQUIRE(seq_of(std::string{record}) == ++at); });
    BOOST_TEST(at == static_cast<std::int64_t>(entries.size()));
    r.each_record(audit_seq{5}, audit_seq{4}, [](std::string_view) { BOOST_FAIL("nothing to visit"); });
    r.each_record(audit_seq{at}, audit_seq{at + 100}, [&at](std::string_view) { ++at; });
    BOOST_TEST(at == static_cast<std::int64_t>(entries.size()) + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
