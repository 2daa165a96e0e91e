// SPDX-License-Identifier: Apache-2.0
//
// How records lie in rows.
#include "schema/audit_log.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/audit_run.hpp"
#include "schema/limits.hpp"
#include "schema/reader.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {
namespace {

using tests::history;
using tests::store_fixture;

std::span<const std::byte> bytes_of(const std::vector<hash256>& leaves) {
    return std::as_bytes(std::span{leaves});
}

struct rows_fixture : store_fixture {
    /// seq and number of records of each row.
    [[nodiscard]] std::string rows() const {
        return query("SELECT group_concat(seq || ':' || (length(leaves) / 32), ' ') FROM audit");
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_rows)

BOOST_AUTO_TEST_CASE(a_run_knows_its_records) {
    hasher h;
    const std::vector<hash256> leaves{h.leaf("{1}"), h.leaf(""), h.leaf("{33}")};
    audit_run run;
    BOOST_TEST_REQUIRE(run.read(audit_seq{9}, bytes_of(leaves), "{1}\n\n{33}\n"));
    BOOST_TEST(run.size() == 3U);
    BOOST_CHECK(run.first() == audit_seq{7} && run.last() == audit_seq{9});
    BOOST_CHECK(!run.holds(audit_seq{6}) && run.holds(audit_seq{7}) && run.holds(audit_seq{9}));
    BOOST_CHECK(!run.holds(audit_seq{10}));
    BOOST_TEST(run.record(run.place(audit_seq{7})) == "{1}");
    BOOST_TEST(run.record(run.place(audit_seq{8})).empty());
    BOOST_TEST(run.record(run.place(audit_seq{9})) == "{33}");
    BOOST_CHECK(std::ranges::equal(run.leaf(2), leaves[2]));
}

BOOST_AUTO_TEST_CASE(what_is_no_run_is_refused) {
    hasher h;
    const std::vector<hash256> leaves{h.leaf("a"), h.leaf("b")};
    audit_run run;
    for (const auto* const records : {"", "a\n", "a\nb", "a\nb\nc\n", "ab"}) {
        BOOST_TEST_REQUIRE(run.read(audit_seq{2}, bytes_of(leaves), "a\nb\n"));
        BOOST_TEST(!run.read(audit_seq{2}, bytes_of(leaves), records), records);
        BOOST_TEST(run.size() == 0U);
        BOOST_CHECK(!run.holds(audit_seq{2}));
    }
    BOOST_TEST(!run.read(audit_seq{2}, bytes_of(leaves).first(63), "a\nb\n"));
    BOOST_TEST(!run.read(audit_seq{2}, {}, ""));
}

BOOST_FIXTURE_TEST_CASE(what_is_committed_alone_lies_alone, rows_fixture) {
    history h;
    ledger_store store{path};
    append(store, {h.created()});
    append(store, {h.started(1), h.noted(1, "a"), h.noted(1, "b")});
    append(store, {h.ended(1)});
    BOOST_TEST(rows() == "1:1 4:3 5:1");
}

BOOST_FIXTURE_TEST_CASE(a_row_is_filled_and_not_overfilled, rows_fixture) {
    history h;
    std::vector<audit_entry> entries{h.created()};
    while (entries.size() < 200) {
        entries.push_back(h.decision(entries.size() % 3 == 0));
    }
    write(entries);
    const auto most = std::stoull(query("SELECT MAX(length(records) + length(leaves)) FROM audit"));
    BOOST_TEST(most <= limits::audit_row_bytes);
    // In none of them is there room for one more, which may be some bytes longer; the last one is what remained.
    const auto least = std::stoull(
        query("SELECT MIN((length(records) + length(leaves)) * (length(leaves) / 32 + 1) / (length(leaves) / 32) + 20)"
              " FROM audit WHERE seq < 200"));
    BOOST_TEST(least > limits::audit_row_bytes);
    BOOST_TEST(query("SELECT SUM(length(leaves) / 32) FROM audit") == "200");
}

BOOST_FIXTURE_TEST_CASE(a_record_that_fills_more_than_a_row_has_one_of_its_own, rows_fixture) {
    history h;
    const std::vector<audit_entry> entries{h.created(), h.started(1), h.noted(1, std::string(20'000, 'x')),
                                           h.noted(1, "small")};
    write(entries);
    BOOST_TEST(rows() == "2:2 3:1 4:1");
    reader from{path};
    for (const auto& entry : entries) {
        std::string expected;
        encode_record(entry, expected);
        BOOST_TEST(from.record(entry.seq).value() == expected);
    }
}

BOOST_FIXTURE_TEST_CASE(what_was_rolled_back_is_in_no_row, rows_fixture) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1)});
    store.begin();
    store.append(history{audit_seq{3}}.noted(1, "lost"));
    store.rollback();
    append(store, {h.noted(1, "kept")});
    BOOST_TEST(rows() == "2:2 3:1");
    BOOST_TEST(reader{path}.record(audit_seq{3})->find("kept") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(names_with_escapes_are_found_again_after_a_restart, rows_fixture) {
    history h;
    const std::string name = "an\"na \\ \u00e4\n";
    std::vector<audit_entry> entries{h.created()};
    while (entries.size() < 300) {
        entries.push_back(h.foreign("X_PING", entries.size() % 4 == 0 ? name : "bert"));
    }
    {
        ledger_store store{path};
        append(store, {entries.begin(), entries.begin() + 290});
    }
    {
        ledger_store store{path};  // takes up the open tile
        append(store, {entries.begin() + 290, entries.end()});
        std::vector<audit_entry> more;
        while (more.size() < 300) {
            more.push_back(h.foreign("X_PING", more.size() % 4 == 0 ? name : "bert"));
        }
        append(store, more);  // completes it
    }
    reader from{path};
    BOOST_TEST(from.audit({.actor = name, .limit = 1'000}).records.size() == 74U + 75U);
    BOOST_TEST(query("SELECT COUNT(*) FROM actor_name") == "3");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
