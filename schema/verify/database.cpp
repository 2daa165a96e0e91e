// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/database.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/audit_run.hpp"
#include "schema/integrity.hpp"
#include "schema/migrations.hpp"
#include "schema/name_dictionary.hpp"
#include "schema/postings.hpp"
#include "schema/statement.hpp"

namespace valhalla::verify {

using schema::connection;
using schema::full_tile;
using schema::statement;
using schema::storage_error;

namespace {

/// What is damaged is bad evidence; a disk or a lock that does not answer is none.
[[noreturn]] void give_up(const connection& db, const storage_error& e, problem where) {
    const int code = sqlite3_errcode(db.handle()) & 0xff;
    if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB && code != SQLITE_TOOBIG) {
        throw unreadable{e.what()};
    }
    where.message = where.record ? fmt::format("record {}: {}", raw(*where.record), e.what()) : e.what();
    throw bad_evidence{std::move(where)};
}

/// Whether SQLite calls the file malformed, which no longer shows when opening it failed. Nothing is made beside it.
bool is_malformed(const std::filesystem::path& database) {
    sqlite3* opened = nullptr;
    sqlite3_open_v2(schema::immutable_uri(schema::resolved(database)).c_str(), &opened,
                    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db{opened, &sqlite3_close};
    constexpr int most_steps = 1'000'000;  // the pages of a schema may point to each other
    sqlite3_progress_handler(db.get(), most_steps, [](void*) { return 1; }, nullptr);
    sqlite3_exec(db.get(), "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr);
    const int code = sqlite3_errcode(db.get()) & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_INTERRUPT;
}

/// One dictionary: names have numbers in the order in which records first use them.
class numbering {
  public:
    numbering(const connection& rebuilt, const std::string& table) : numbers_{rebuilt, table} {}

    /// The number of a name, `written` as in the record.
    std::int64_t number_of(std::string_view written) {
        if (number_ != 0 && written == last_) {  // as for most records
            return number_;
        }
        number_ = numbers_.id_of(name_written(written));
        last_ = written;
        return number_;
    }

  private:
    schema::name_dictionary numbers_;
    std::string last_;
    std::int64_t number_ = 0;
};

const char* word_of(schema::posting_kind kind) {
    switch (kind) {
        case schema::posting_kind::event: return "event";
        case schema::posting_kind::actor: return "actor";
        case schema::posting_kind::session: return "session";
    }
    return "";
}

/// Every record, every tile and every bitmap, checked against each other.
class trail_walk {
  public:
    trail_walk(const connection& from, checkpoint_book& checkpoints)
        : from_{from}, chain_{checkpoints, [this](const full_tile& tile) { check_tile(tile); }} {}

    void run(const progress_sink& progress) {
        const auto all = progress ? count() : 0;
        std::uint64_t told = 0;
        auto row = rows_.use();
        while (step(row)) {
            check(row);
            if (progress && chain_.size() >= told + records_per_report) {
                told = chain_.size();
                progress(told, all);
            }
        }
        if (progress) {
            progress(chain_.size(), all);
        }
        check_numbers();
    }

    [[nodiscard]] record_chain& chain() noexcept { return chain_; }

  private:
    bool step(statement::use_guard& row) {
        try {
            return row.step();
        } catch (const storage_error& e) {
            give_up(from_, e, {.record = chain_.next_seq(), .table = "audit"});
        }
    }

    std::uint64_t count() {
        auto row = last_.use();
        return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
    }

    /// One row, which holds the records that come next.
    void check(const statement::use_guard& row) {
        const auto ts = row.at(1);
        const auto leaves = row.at(2);
        const auto records = row.at(3);
        const audit_seq last{row.at(0).integer()};
        if (last < chain_.next_seq()) {  // may be as small as an integer can be: nothing is counted from it
            blame_column(chain_.next_seq(), "seq");
        }
        if (!run_.read(last, std::as_bytes(std::span{leaves.text()}), records.text())) {
            blame(chain_.next_seq(), "its row does not hold a leaf for each line");
        }
        if (run_.first() > chain_.next_seq()) {
            blame(chain_.next_seq(), fmt::format("it is missing; the next one is {}", raw(run_.first())));
        }
        if (run_.first() < chain_.next_seq()) {
            blame_column(chain_.next_seq(), "seq");
        }
        if (leaves.type() != SQLITE_BLOB || records.type() != SQLITE_BLOB) {
            blame_column(run_.first(), "records");
        }
        for (std::size_t at = 0; at < run_.size(); ++at) {
            check(run_, at, ts);
        }
    }

    /// The record that comes next, which is in this place of a row. `ts` is the row's.
    void check(const schema::audit_run& run, std::size_t at, const schema::cell& ts) {
        const audit_seq seq = chain_.next_seq();
        const std::string_view record = run.record(at);
        const hash256 leaf = chain_.leaf_of(record);
        if (!std::ranges::equal(run.leaf(at), leaf)) {
            blame(seq, "its bytes do not hash to the leaf stored with it");
        }
        const auto header = chain_.read(record);
        if (header.seq != seq) {
            blame_column(seq, "seq");
        }
        if (seq == run.last() && (ts.type() != SQLITE_INTEGER || ts.integer() != micros_count(header.ts))) {
            blame_column(seq, "ts_us");
        }
        const auto event = events_.number_of(header.event);
        const auto actor = actors_.number_of(header.actor);
        chain_.append(record, header, leaf);
        if (bits_.add(seq, event, actor, header.session)) {
            check_bits(schema::tile_of(seq));
        }
    }

    void check_tile(const full_tile& tile) {
        ++tiles_;
        const auto where = [&tile] { return fmt::format("tile {} at level {}", tile.index, tile.level); };
        try {
            auto row = tile_.use(tile.level, tile.index);
            if (!row.step()) {
                blame_table("tree_tile", where() + " is missing");
            }
            if (!std::ranges::equal(row.blob(0), tile.root)) {
                blame_table("tree_tile", fmt::format("the root of {} is not what its records make it", where()));
            }
        } catch (const storage_error& e) {
            give_up(from_, e, {.table = "tree_tile"});
        }
    }

    /// A bit that is missing would hide its record from whoever searches.
    void check_bits(std::int64_t tile) {
        try {
            for (const auto kind : schema::posting_kinds) {
                for (const auto& [id, bits] : bits_.of(kind)) {
                    ++bitmaps_;
                    if (stored_bits_.bits(kind, id, tile) != bits) {
                        blame_table("audit_posting",
                                    fmt::format("the bitmap of {} {} in tile {} is not what the records make it",
                                                word_of(kind), id, tile));
                    }
                }
            }
        } catch (const storage_error& e) {
            give_up(from_, e, {.table = "audit_posting"});
        }
        bits_.clear();
    }

    void check_numbers() {
        auto row = counts_.use();
        if (!step(row)) {
            return;
        }
        if (row.integer(0) != tiles_) {
            blame_table("tree_tile",
                        fmt::format("it holds {} tiles where the records make {}", row.integer(0), tiles_));
        }
        if (row.integer(1) != bitmaps_) {
            blame_table("audit_posting",
                        fmt::format("it holds {} bitmaps where the records make {}", row.integer(1), bitmaps_));
        }
    }

    [[noreturn]] static void blame_column(audit_seq seq, std::string_view column) {
        blame(seq, fmt::format("column {} tells something else than the record", column));
    }

    [[noreturn]] static void blame(audit_seq seq, const std::string& what) {
        throw bad_evidence{{.record = seq, .table = "audit", .message = fmt::format("record {}: {}", raw(seq), what)}};
    }

    const connection& from_;
    statement rows_{from_, "SELECT seq, ts_us, leaves, records FROM audit NOT INDEXED ORDER BY seq"};
    statement tile_{from_, "SELECT root FROM tree_tile WHERE level = ?1 AND tile = ?2"};
    statement counts_{from_, "SELECT (SELECT COUNT(*) FROM tree_tile), (SELECT COUNT(*) FROM audit_posting)"};
    schema::posting_reader stored_bits_{from_};
    statement last_{from_, "SELECT COALESCE(MAX(seq), 0) FROM audit"};
    record_chain chain_;
    schema::audit_run run_;  // of the row being checked
    numbering events_{chain_.tables(), "event_kind"};
    numbering actors_{chain_.tables(), "actor_name"};
    schema::open_postings bits_;
    std::int64_t tiles_ = 0;
    std::int64_t bitmaps_ = 0;
};

bool same_value(const statement::use_guard& a, const statement::use_guard& b, int column) {
    if (a.type(column) != b.type(column)) {
        return false;
    }
    if (a.type(column) == SQLITE_FLOAT) {  // as text, neighbours look the same
        return std::bit_cast<std::uint64_t>(a.real(column)) == std::bit_cast<std::uint64_t>(b.real(column));
    }
    return a.text(column) == b.text(column);
}

/// Both tables row by row in the order of their keys, which are their first columns.
void compare_table(const connection& is, const connection& should, const std::string& table) {
    const std::string sql = fmt::format("SELECT * FROM {} NOT INDEXED ORDER BY 1", table);
    statement stored{is, sql};
    statement rebuilt{should, sql};
    auto a = stored.use();
    auto b = rebuilt.use();
    for (std::int64_t number = 1;; ++number) {
        const bool more = a.step();
        if (b.step() != more) {
            blame_table(table,
                        fmt::format("table {} holds {} rows than the records make", table, more ? "more" : "fewer"));
        }
        if (!more) {
            return;
        }
        for (int column = 0; column < a.columns(); ++column) {
            if (!same_value(a, b, column)) {
                blame_table(table, fmt::format("table {}, row {} ({}), column {}: not what the records make it", table,
                                               number, a.text(0), a.column_name(column)));
            }
        }
    }
}

std::vector<std::string> folded_tables(const connection& db) {
    statement tables{db,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
                     " AND name NOT IN ('audit', 'audit_posting', 'tree_tile', 'request_key', 'span', 'span_clock')"
                     " ORDER BY name"};
    std::vector<std::string> names;
    auto row = tables.use();
    while (row.step()) {
        names.emplace_back(row.text(0));
    }
    return names;
}

/// Before anything is read through the trees of the file: they may lead in circles, or past rows.
void check_file(const connection& db) {
    if (auto found = schema::find_damage(db, schema::thoroughness::full)) {
        blame_table(std::move(found->table), std::move(found->message));
    }
}

void check_objects(connection& db) {
    check_version(db);
    if (const auto different = schema_difference(db)) {
        blame_table("sqlite_schema",
                    fmt::format("the schema was changed by another program, first at \"{}\"", *different));
    }
}

}  // namespace

void verify_database(const std::filesystem::path& database, checkpoint_book& checkpoints, const progress_sink& progress,
                     report& r) {
    connection from = [&] {
        try {
            return connection::open_evidence(database);
        } catch (const storage_error& e) {
            if (e.fault() == schema::storage_fault::broken && is_malformed(database)) {
                blame_table("sqlite_schema", e.what());
            }
            throw unreadable{e.what()};
        }
    }();
    problem where;
    try {
        from.execute("BEGIN");
        check_file(from);
        check_objects(from);
        trail_walk walk{from, checkpoints};
        try {
            walk.run(progress);
        } catch (...) {
            walk.chain().tell(r);
            throw;
        }
        walk.chain().tell(r);
        for (const std::string& table : folded_tables(walk.chain().tables())) {
            where.table = table;
            compare_table(from, walk.chain().tables(), table);
        }
    } catch (const storage_error& e) {
        give_up(from, e, std::move(where));
    }
    r.checked.emplace_back("every page of the file, the list of free pages, and every index against its table");
    r.checked.emplace_back(
        "every record, its leaf and its time, the tree, the bitmaps and indexes that searches go through, and every "
        "other table against a replay of the records");
    r.not_checked.emplace_back(
        "the answers that are kept for retries, and the clock that spans are measured by: no record holds them");
}

}  // namespace valhalla::verify
