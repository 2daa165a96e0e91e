// SPDX-License-Identifier: Apache-2.0
//
// Attacks below the tables, on the pages of the file: each row is as it was written, but searches do not find it, or
// the next writer writes over it, or who counts comes to no end.
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "schema/integrity.hpp"
#include "schema/reader.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"
#include "tests/schema/verify/page_editor.hpp"

namespace valhalla::tests {
namespace {

constexpr std::size_t free_list_at = 32;       // of the file's header: its first page, and how many there are
constexpr std::size_t rightmost_child_at = 8;  // of an inner page's header

struct victim_file : evidence_fixture {
    explicit victim_file(std::int64_t count = evidence_records) : evidence_fixture{1, "because", count} {
        put_anchor(static_cast<std::uint64_t>(count));
    }

    void check_not_sound(const std::string& table, const std::string& said) const {
        check_failed({.path = dir()}, {.table = table, .said = said});
        check_failed({.path = path}, {.table = table, .said = said});
    }
    /// Makes every page as small as can be, so that trees are deep.
    void shrink_pages() const {
        tamper("PRAGMA journal_mode = DELETE");
        tamper("PRAGMA page_size = 512");
        tamper("VACUUM");
    }
};

bool is_damage(const schema::storage_error& fault) {
    return std::string{fault.what()}.find("the database is damaged: audit") != std::string::npos;
}

/// The separator moved to the one before it: whoever looks for a row of the page between them comes to the next page.
audit_seq hide_a_page(const evidence_fixture& victim) {
    page_editor pages{victim.path};
    const auto all = pages.separators(pages.root_of("audit"));
    const auto at = all.size() / 2;
    pages.set_key(all.at(at), all.at(at - 1).key);
    pages.save();
    return audit_seq{all.at(at).key};
}

/// The separator moved into the next page: whoever looks for a row there comes to a page that ends before it.
audit_seq lead_before_the_page(const evidence_fixture& victim) {
    page_editor pages{victim.path};
    const auto all = pages.separators(pages.root_of("audit"));
    const auto at = all.size() / 2;
    const auto next = pages.row_keys(all.at(at + 1).child);
    pages.set_key(all.at(at), next.back() - 1);
    pages.save();
    return audit_seq{next.back() - 3};
}

/// Inner pages of an index, each with as many cells as it holds, all of which lead to the next one.
void make_page_graph(const evidence_fixture& victim) {
    page_editor pages{victim.path};
    const std::string empty_row{"\x04\x01\x00\x00\x00", 5};
    const auto write = [&](std::uint32_t page, char type, std::size_t cells, const std::string& cell) {
        const auto at = pages.page_bytes() - cell.size();
        const auto begin = pages.start_of(page);
        pages.content.replace(begin + at, cell.size(), cell);
        pages.content[begin] = type;
        pages.put16(begin + 1, 0);
        pages.put16(begin + 3, static_cast<std::uint32_t>(cells));
        pages.put16(begin + 5, static_cast<std::uint32_t>(at));
        for (std::size_t i = 0; i < cells; ++i) {
            pages.put16(begin + (type == 2 ? 12 : 8) + 2 * i, static_cast<std::uint32_t>(at));
        }
    };
    auto page = pages.root_of("audit_posting");
    for (int depth = 0; depth < 4; ++depth) {
        const auto child = pages.add_page();
        std::string cell(4, '\0');
        write(page, 2, pages.page_bytes() / 6, cell + empty_row);
        pages.put32(pages.start_of(page) + pages.page_bytes() - 9, child);
        pages.put32(pages.start_of(page) + rightmost_child_at, child);
        page = child;
    }
    write(page, 10, 1, empty_row);
    pages.save();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_structure)

BOOST_AUTO_TEST_CASE(a_separator_that_hides_rows_is_found_and_met_by_reads) {
    const victim_file victim;
    const auto hidden = hide_a_page(victim);
    victim.check_not_sound("audit", "Rowid");
    schema::reader from{victim.path};
    BOOST_CHECK_EXCEPTION((void)from.record(hidden), schema::storage_error, is_damage);
    BOOST_CHECK_EXCEPTION((void)from.audit({.after = audit_seq{raw(hidden) - 1}, .limit = 5}), schema::storage_error,
                          is_damage);
    BOOST_CHECK_EXCEPTION((void)from.audit({.actor = "bert", .before = audit_seq{raw(hidden) + 1}, .limit = 1000}),
                          schema::storage_error, is_damage);
}

BOOST_AUTO_TEST_CASE(a_separator_that_leads_before_its_page_is_found_and_met_by_reads) {
    const victim_file victim;
    const auto sought = lead_before_the_page(victim);
    victim.check_not_sound("audit", "Rowid");
    schema::reader from{victim.path};
    for (const std::size_t limit : {1U, 5U, 100U, 1000U}) {
        BOOST_CHECK_EXCEPTION((void)from.audit({.after = sought, .limit = limit}), schema::storage_error, is_damage);
    }
    BOOST_CHECK_EXCEPTION((void)from.record(next(sought)), schema::storage_error, is_damage);
    BOOST_CHECK_EXCEPTION((void)from.audit({.before = next(next(sought)), .limit = 5}), schema::storage_error,
                          is_damage);
}

BOOST_AUTO_TEST_CASE(live_pages_on_the_list_of_free_pages_are_found) {
    const victim_file victim;
    page_editor pages{victim.path};
    const auto all = pages.separators(pages.root_of("audit"));
    const auto trunk = pages.add_page();
    pages.put32(pages.start_of(trunk) + 4, 2);
    pages.put32(pages.start_of(trunk) + 8, all.at(2).child);
    pages.put32(pages.start_of(trunk) + 12, all.at(3).child);
    pages.put32(free_list_at, trunk);
    pages.put32(free_list_at + 4, 3);
    pages.save();
    victim.check_not_sound("audit", "2nd reference");
}

BOOST_AUTO_TEST_CASE(a_file_that_nobody_may_write_is_found) {
    constexpr std::size_t write_format_at = 18;  // of the file's header
    const victim_file victim;
    page_editor pages{victim.path};
    pages.content.at(write_format_at) = 3;
    pages.save();
    victim.check_not_sound("", "a format that cannot be written");
}

BOOST_AUTO_TEST_CASE(pages_that_point_to_each_other_are_found_at_once) {
    const victim_file victim;
    make_page_graph(victim);
    const auto began = std::chrono::steady_clock::now();
    victim.check_not_sound("audit_posting", "already");
    BOOST_CHECK_EXCEPTION((void)schema::ledger_store{victim.path}.load(), schema::storage_error, is_damage);
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds{20}));
}

BOOST_AUTO_TEST_CASE(a_chain_of_pages_ends_no_verifier) {
    // As deep as the file is long: whoever follows it by recursion needs a stack of that size.
    const victim_file victim;
    victim.shrink_pages();
    page_editor pages{victim.path};
    auto page = pages.root_of("audit");
    constexpr int depth = 120'000;
    pages.content.reserve(pages.content.size() + depth * pages.page_bytes());
    for (int i = 0; i < depth; ++i) {
        const auto child = pages.add_page();
        const auto at = pages.start_of(page);
        pages.content.replace(at, pages.page_bytes(), pages.page_bytes(), '\0');
        pages.content[at] = 5;
        pages.put16(at + 5, static_cast<std::uint32_t>(pages.page_bytes()));
        pages.put32(at + rightmost_child_at, child);
        page = child;
    }
    pages.content[pages.start_of(page)] = 13;
    pages.put16(pages.start_of(page) + 5, static_cast<std::uint32_t>(pages.page_bytes()));
    pages.save();
    victim.check_not_sound("audit", "its pages make no tree");
}

BOOST_AUTO_TEST_CASE(a_schema_without_an_end_is_found) {
    const victim_file victim;
    victim.tamper("PRAGMA journal_mode = DELETE");
    page_editor pages{victim.path};
    // The first page becomes an inner one: to the left what it was, to the right pages with the same row of an index
    // that has no text of its own, over and over.
    const auto first = pages.add_page();
    const auto leaf = pages.add_page();
    std::size_t kept = 0;
    for (const auto cell : pages.cells(1)) {
        if (pages.content.substr(cell, 64).find("sqlite_autoindex_event_kind") != std::string::npos) {
            kept = cell;
        }
    }
    BOOST_REQUIRE(kept != 0);
    pages.content.replace(pages.start_of(first), pages.page_bytes(), pages.content, 0, pages.page_bytes());
    pages.content.replace(pages.start_of(leaf), pages.page_bytes(), pages.content, 0, pages.page_bytes());
    const auto cells = pages.get16(100 + 3);
    for (const auto page : {first, leaf}) {  // their headers are at the begin of the page
        pages.content.replace(pages.start_of(page), 8 + 2 * cells, pages.content, 100, 8 + 2 * cells);
    }
    pages.put16(pages.start_of(leaf) + 3, 1);
    pages.put16(pages.start_of(leaf) + 8, static_cast<std::uint32_t>(kept));
    const auto inner = [&](std::uint32_t page, std::uint32_t left, std::uint32_t child, std::uint32_t count) {
        const auto header = pages.header_of(page);
        const auto end = pages.start_of(page) + pages.page_bytes();
        pages.content.replace(header, end - header, end - header, '\0');
        pages.content[header] = 5;
        pages.put16(header + 3, count);
        pages.put16(header + 5, static_cast<std::uint32_t>(pages.page_bytes() - 12));
        pages.put32(header + rightmost_child_at, child);
        pages.put32(end - 6, left);
        pages.content[end - 2] = 1;
        pages.put32(end - 12, child);
        pages.content[end - 8] = 2;
        for (std::uint32_t i = 0; i < count; ++i) {
            pages.put16(header + 12 + std::size_t{2} * i,
                        static_cast<std::uint32_t>(pages.page_bytes() - (i == 0 ? 6 : 12)));
        }
    };
    auto child = leaf;
    for (int depth = 0; depth < 3; ++depth) {
        const auto above = pages.add_page();
        inner(above, child, child, 2'000);
        child = above;
    }
    inner(1, first, child, 2'000);
    pages.save();
    victim.check_not_sound("sqlite_schema", "damaged");
    BOOST_CHECK_THROW(schema::ledger_store{victim.path}, schema::storage_error);
}

BOOST_AUTO_TEST_CASE(an_index_that_misses_a_row_is_not_sound) {
    const victim_file victim;
    page_editor pages{victim.path};
    const auto root = pages.root_of("session_operator");
    const auto count = pages.get16(pages.header_of(root) + 3);
    BOOST_REQUIRE(count > 1);
    pages.put16(pages.header_of(root) + 3, count - 1);
    pages.save();
    victim.check_not_sound("session", "is not sound");
}

BOOST_AUTO_TEST_CASE(a_check_ends_when_its_time_is_over) {
    const victim_file victim;
    const auto sound =
        schema::find_damage_within(victim.path, schema::thoroughness::structure, std::chrono::minutes{1});
    BOOST_TEST(sound.complete);
    BOOST_TEST(!sound.found.has_value());
    const auto hurried = schema::find_damage_within(victim.path, schema::thoroughness::structure, {});
    BOOST_TEST(!hurried.complete);
    BOOST_TEST(!hurried.found.has_value());
    hide_a_page(victim);
    const auto damaged =
        schema::find_damage_within(victim.path, schema::thoroughness::structure, std::chrono::minutes{1});
    BOOST_TEST(damaged.complete);
    BOOST_REQUIRE(damaged.found.has_value());
    BOOST_TEST(damaged.found->table == "audit");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
