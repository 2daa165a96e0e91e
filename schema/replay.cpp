// SPDX-License-Identifier: Apache-2.0
#include "schema/replay.hpp"

#include <algorithm>
#include <cstring>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "schema/audit_search.hpp"
#include "schema/connection.hpp"
#include "schema/name_dictionary.hpp"
#include "schema/projection.hpp"
#include "schema/statement.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {
namespace {

constexpr std::uint64_t progress_step = 16'384;  // records

/// Every record and every tile of the source, checked against each other, and folded into `to_`.
class trail_replay {
  public:
    trail_replay(const connection& from, const connection& to) : from_{from}, to_{to} {}

    void run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
        const auto all = static_cast<std::uint64_t>(audit_search{from_}.size());
        auto row = records_.use();
        while (!problem_ && row.step()) {
            check(row);
            if (progress && tree_.size() % progress_step == 0) {
                progress(tree_.size(), all);
            }
        }
        if (!problem_) {
            check_number_of_tiles();
        }
        if (progress) {
            progress(tree_.size(), all);
        }
    }

    [[nodiscard]] replay_result result() { return {{tree_.size(), tree_.root(hasher_)}, problem_}; }

  private:
    void check(const statement::use_guard& row) {
        const audit_seq seq{row.integer(0)};
        const audit_seq expected{static_cast<std::int64_t>(tree_.size()) + 1};
        if (seq != expected) {
            return blame(expected, fmt::format("it is missing; the next one is {}", raw(seq)));
        }
        const std::string_view record = row.text(6);
        const hash256 leaf = hasher_.leaf(record);
        if (!std::ranges::equal(row.blob(5), leaf)) {
            return blame(seq, "its bytes do not hash to the leaf stored with it");
        }
        const decoded_record decoded = decode_record(record);
        if (const auto* error = std::get_if<record_error>(&decoded)) {
            return blame(seq, fmt::format("{}: {}", error->key, error->message));
        }
        const auto& entry = std::get<audit_entry>(decoded);
        if (const auto wrong = column_that_differs(entry, row)) {
            return blame(seq, fmt::format("column {} tells something else than the record", *wrong));
        }
        if (entry.ts < last_ts_) {
            return blame(seq, "its time is before the time of the record before it");
        }
        last_ts_ = entry.ts;
        fold(entry, leaf);
    }

    [[nodiscard]] static std::optional<std::string_view> column_that_differs(const audit_entry& entry,
                                                                             const statement::use_guard& row) {
        if (raw(entry.seq) != row.integer(0)) {
            return "seq";
        }
        if (micros_count(entry.ts) != row.integer(1)) {
            return "ts_us";
        }
        if (event_name(entry.what) != row.text(2)) {
            return "event_id";
        }
        const auto session = entry.session ? std::optional{raw(*entry.session)} : std::nullopt;
        if (session != row.maybe_integer(3)) {
            return "session";
        }
        if (entry.who.name != row.text(4)) {
            return "actor_id";
        }
        return std::nullopt;
    }

    void fold(const audit_entry& entry, const hash256& leaf) {
        try {
            (void)kinds_.id_of(event_name(entry.what));
            (void)actors_.id_of(entry.who.name);
            tables_.apply(entry);
        } catch (const storage_error& e) {
            return blame(entry.seq, fmt::format("its effect is impossible: {}", e.what()));
        }
        tree_.append(leaf, hasher_, [this](const full_tile& tile) { check_tile(tile); });
    }

    void check_tile(const full_tile& tile) {
        ++tiles_;
        auto row = tile_.use(tile.level, tile.index);
        const bool equal = row.step() && std::ranges::equal(row.blob(0), tile.root) &&
                           std::ranges::equal(row.blob(1), std::as_bytes(tile.hashes));
        if (!equal && !problem_) {
            problem_ = {std::nullopt, "tree_tile",
                        fmt::format("tile {} at level {} is not what its records make it", tile.index, tile.level)};
        }
    }

    void check_number_of_tiles() {
        auto row = tile_count_.use();
        if (row.step() && row.integer(0) != tiles_) {
            problem_ = {std::nullopt, "tree_tile",
                        fmt::format("it holds {} tiles where the records make {}", row.integer(0), tiles_)};
        }
    }

    void blame(audit_seq seq, const std::string& what) {
        problem_ = {seq, "audit", fmt::format("record {}: {}", raw(seq), what)};
    }

    const connection& from_;
    const connection& to_;
    statement records_{from_,
                       "SELECT a.seq, a.ts_us, k.name, a.session, n.name, a.leaf, a.record FROM audit AS a"
                       " LEFT JOIN event_kind AS k ON k.id = a.event_id"
                       " LEFT JOIN actor_name AS n ON n.id = a.actor_id ORDER BY a.seq"};
    statement tile_{from_, "SELECT root, hashes FROM tree_tile WHERE level = ?1 AND tile = ?2"};
    statement tile_count_{from_, "SELECT COUNT(*) FROM tree_tile"};
    name_dictionary kinds_{to_, "event_kind"};
    name_dictionary actors_{to_, "actor_name"};
    projection tables_{to_};
    hasher hasher_;
    growing_tree tree_;
    std::int64_t tiles_ = 0;
    unix_micros last_ts_{};
    std::optional<replay_problem> problem_;
};

bool same_value(const statement::use_guard& a, const statement::use_guard& b, int column) {
    return a.type(column) == b.type(column) && a.text(column) == b.text(column);
}

/// Both tables row by row in the order of their keys, which are their first columns.
std::optional<replay_problem> compare_table(const connection& is, const connection& should, const std::string& table) {
    const std::string sql = fmt::format("SELECT * FROM {} ORDER BY 1", table);
    statement stored{is, sql};
    statement rebuilt{should, sql};
    auto a = stored.use();
    auto b = rebuilt.use();
    for (std::int64_t number = 1;; ++number) {
        const bool more = a.step();
        if (b.step() != more) {
            return replay_problem{
                std::nullopt, table,
                fmt::format("table {} holds {} rows than the records make", table, more ? "more" : "fewer")};
        }
        if (!more) {
            return std::nullopt;
        }
        for (int column = 0; column < a.columns(); ++column) {
            if (!same_value(a, b, column)) {
                return replay_problem{std::nullopt, table,
                                      fmt::format("table {}, row {} ({}), column {}: not what the records make it",
                                                  table, number, a.text(0), a.column_name(column))};
            }
        }
    }
}

std::vector<std::string> folded_tables(const connection& db) {
    statement tables{db,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                     " AND name NOT IN ('audit', 'tree_tile') ORDER BY name"};
    std::vector<std::string> names;
    auto row = tables.use();
    while (row.step()) {
        names.emplace_back(row.text(0));
    }
    return names;
}

}  // namespace

replay_result replay_and_compare(const std::filesystem::path& database,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    connection from = connection::open_reader(database);
    connection to = connection::open_scratch();
    from.execute("BEGIN");
    to.execute("BEGIN");
    trail_replay replay{from, to};
    replay.run(progress);
    replay_result result = replay.result();
    for (const std::string& table : folded_tables(to)) {
        if (!result.problem) {
            result.problem = compare_table(from, to, table);
        }
    }
    return result;
}

}  // namespace valhalla::schema
