// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/database.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/limits.hpp"
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

constexpr std::uint64_t progress_step = 16'384;  // records

/// What is damaged is bad evidence; a disk or a lock that does not answer is none.
[[noreturn]] void give_up(const connection& db, const storage_error& e, problem where) {
    const int code = sqlite3_errcode(db.handle()) & 0xff;
    if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB && code != SQLITE_TOOBIG) {
        throw unreadable{e.what()};
    }
    where.message = where.record ? fmt::format("record {}: {}", raw(*where.record), e.what()) : e.what();
    throw bad_evidence{std::move(where)};
}

/// One dictionary: names have numbers in the order in which records first use them.
class number_check {
  public:
    number_check(const connection& rebuilt, const std::string& table) : numbers_{rebuilt, table} {}

    /// Whether `number` stands for what is `written` in the record. `name` gives the same without escapes.
    template <class Name>
    bool fits(std::int64_t number, std::string_view written, Name name) {
        const auto place = static_cast<std::size_t>(number);
        if (number > 0 && place < known_.size() && known_[place] == written) {
            return true;
        }
        if (numbers_.id_of(name()) != number) {
            return false;
        }
        if (place < schema::limits::cached_names) {
            known_.resize(std::max(known_.size(), place + 1));
            known_[place] = written;
        }
        return true;
    }

  private:
    schema::name_dictionary numbers_;
    std::vector<std::string> known_;  // by number; as written, so that nothing need be unescaped
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
        auto row = records_.use();
        while (step(row)) {
            check(row);
            if (progress && chain_.size() % progress_step == 0) {
                progress(chain_.size(), all);
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

    void check(const statement::use_guard& row) {
        const audit_seq seq{row.at(0).integer()};
        if (seq != chain_.next_seq()) {
            blame(chain_.next_seq(), fmt::format("it is missing; the next one is {}", raw(seq)));
        }
        const auto record_cell = row.at(6);
        const auto leaf_cell = row.at(5);
        const std::string_view record = record_cell.text();
        const hash256 leaf = chain_.leaf_of(record);
        const std::string_view stored = leaf_cell.text();
        if (stored.size() != leaf.size() || std::memcmp(stored.data(), leaf.data(), leaf.size()) != 0) {
            blame(seq, "its bytes do not hash to the leaf stored with it");
        }
        const auto header = chain_.read(record);
        if (header.seq != seq) {
            blame_column(seq, "seq");
        }
        if (const auto wrong = column_that_differs(header, record, row)) {
            blame_column(seq, *wrong);
        }
        if (leaf_cell.type() != SQLITE_BLOB || record_cell.type() != SQLITE_BLOB) {
            blame_column(seq, "record");
        }
        chain_.append(record, header, leaf);
        if (bits_.add(seq, row.at(2).integer(), row.at(4).integer(), header.session)) {
            check_bits(schema::tile_of(seq));
        }
    }

    std::optional<std::string_view> column_that_differs(const record_header& header, std::string_view record,
                                                        const statement::use_guard& row) {
        if (const auto ts = row.at(1); ts.type() != SQLITE_INTEGER || micros_count(header.ts) != ts.integer()) {
            return "ts_us";
        }
        const auto name_of = [record](bool event) {
            const auto decoded = decode_record(record);
            const auto* entry = std::get_if<audit_entry>(&decoded);
            return entry == nullptr ? std::string{} : std::string{event ? event_name(entry->what) : entry->who.name};
        };
        if (const auto event = row.at(2); event.type() != SQLITE_INTEGER ||
                                          !events_.fits(event.integer(), header.event, [&] { return name_of(true); })) {
            return "event_id";
        }
        const auto session = row.at(3);
        if (header.session ? session.type() != SQLITE_INTEGER || raw(*header.session) != session.integer()
                           : session.type() != SQLITE_NULL) {
            return "session";
        }
        if (const auto actor = row.at(4);
            actor.type() != SQLITE_INTEGER ||
            !actors_.fits(actor.integer(), header.actor, [&] { return name_of(false); })) {
            return "actor_id";
        }
        return std::nullopt;
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
    statement records_{from_,
                       "SELECT seq, ts_us, event_id, session, actor_id, leaf, record FROM audit NOT INDEXED"
                       " ORDER BY seq"};
    statement tile_{from_, "SELECT root FROM tree_tile WHERE level = ?1 AND tile = ?2"};
    statement counts_{from_, "SELECT (SELECT COUNT(*) FROM tree_tile), (SELECT COUNT(*) FROM audit_posting)"};
    schema::posting_reader stored_bits_{from_};
    statement last_{from_, "SELECT COALESCE(MAX(seq), 0) FROM audit"};
    record_chain chain_;
    number_check events_{chain_.tables(), "event_kind"};
    number_check actors_{chain_.tables(), "actor_name"};
    schema::open_postings bits_;
    std::int64_t tiles_ = 0;
    std::int64_t bitmaps_ = 0;
};

bool same_value(const statement::use_guard& a, const statement::use_guard& b, int column) {
    if (a.type(column) != b.type(column)) {
        return false;
    }
    if (a.type(column) == SQLITE_FLOAT) {  // as text, neighbours look the same
        const double x = a.real(column);
        const double y = b.real(column);
        return std::memcmp(&x, &y, sizeof x) == 0;
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
                     " AND name NOT IN ('audit', 'audit_posting', 'tree_tile', 'request_key')"
                     " ORDER BY name"};
    std::vector<std::string> names;
    auto row = tables.use();
    while (row.step()) {
        names.emplace_back(row.text(0));
    }
    return names;
}

/// Searches go through them: a row that an index does not have is not found.
void check_indexes(const connection& db, const std::string& table) {
    statement check{db, "PRAGMA integrity_check(" + table + ")"};
    auto row = check.use();
    if (row.step() && row.text(0) != "ok") {
        blame_table(table, fmt::format("table {} is not sound: {}", table, row.text(0)));
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
            throw unreadable{e.what()};
        }
    }();
    problem where;
    try {
        from.execute("BEGIN");
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
            check_indexes(from, table);
        }
        where.table = "request_key";
        check_indexes(from, where.table);
    } catch (const storage_error& e) {
        give_up(from, e, std::move(where));
    }
    r.checked.emplace_back(
        "every record, its columns and its leaf, the tree, the bitmaps and indexes that searches go through, and every "
        "other table against a replay of the records");
    r.not_checked.emplace_back("the answers that are kept for retries: no record holds them");
}

}  // namespace valhalla::verify
