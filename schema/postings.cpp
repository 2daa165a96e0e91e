// SPDX-License-Identifier: Apache-2.0
#include "schema/postings.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view posting_table = "audit_posting";
/// Of the largest seq that there can be.
constexpr std::int64_t last_tile = tile_of(audit_seq{std::numeric_limits<std::int64_t>::max()});

/// The row that was asked for by its kind and id: a damaged tree leads to another.
posting_reader::row read(const statement::use_guard& row, posting_kind kind, std::int64_t id) {
    constexpr int first_word = 3;
    const std::int64_t tile = row.integer(2);
    if (row.integer(0) != static_cast<std::int64_t>(kind) || row.integer(1) != id || tile < 0 || tile > last_tile) {
        throw_damaged(posting_table);
    }
    std::array<std::uint64_t, tile_bits::word_count> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = static_cast<std::uint64_t>(row.integer(first_word + static_cast<int>(i)));
    }
    return {tile, tile_bits{words}};
}

posting_reader::row checked(const posting_reader::row& found, std::int64_t first, std::int64_t last) {
    if (found.tile < first || found.tile > last) {
        throw_damaged(posting_table);
    }
    return found;
}

}  // namespace

bool open_postings::add(audit_seq seq, std::int64_t event, std::int64_t actor, std::optional<session_id> session) {
    const std::size_t place = place_in_tile(seq);
    mark(posting_kind::event, event, place);
    mark(posting_kind::actor, actor, place);
    if (session) {
        mark(posting_kind::session, raw(*session), place);
    }
    return place + 1 == tile_width;
}

/// A tile has few of each, mostly the one before again.
void open_postings::mark(posting_kind kind, std::int64_t id, std::size_t place) {
    auto& entries = kinds_[static_cast<std::size_t>(kind)];
    auto found = std::ranges::find(entries, id, &entry::id);
    if (found == entries.end()) {
        found = entries.insert(entries.end(), {id, {}});
    }
    found->bits.set(place);
}

void open_postings::clear() noexcept {
    for (auto& entries : kinds_) {
        entries.clear();
    }
}

posting_writer::posting_writer(const connection& db)
    : insert_{db,
              "INSERT INTO audit_posting (kind, id, tile, bits0, bits1, bits2, bits3)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
      complete_tiles_{db,
                      "SELECT kind, id, tile, bits0, bits1, bits2, bits3 FROM audit_posting"
                      " WHERE kind = ?1 AND id = ?2 ORDER BY tile"} {}

void posting_writer::add(audit_seq seq, std::int64_t event, std::int64_t actor, std::optional<session_id> session) {
    if (!open_.add(seq, event, actor, session)) {
        return;
    }
    for (const auto kind : posting_kinds) {
        for (const auto& [id, bits] : open_.of(kind)) {
            const auto& words = bits.words();
            insert_.run(kind, id, tile_of(seq), words[0], words[1], words[2], words[3]);
        }
    }
    open_.clear();
}

std::int64_t posting_writer::count(posting_kind kind, std::int64_t id) {
    std::int64_t sum = 0;
    for (const auto& e : open_.of(kind)) {
        sum += e.id == id ? e.bits.count() : 0;
    }
    rows_in_order order{posting_table, rows_in_order::direction::up};
    auto row = complete_tiles_.use(kind, id);
    while (row.step()) {
        const auto found = read(row, kind, id);
        order.take(found.tile);
        sum += found.bits.count();
    }
    return sum;
}

posting_reader::posting_reader(const connection& db)
    : before_{db,
              "SELECT kind, id, tile, bits0, bits1, bits2, bits3 FROM audit_posting"
              " WHERE kind = ?1 AND id = ?2 AND tile <= ?3 ORDER BY tile DESC LIMIT 1"},
      after_{db,
             "SELECT kind, id, tile, bits0, bits1, bits2, bits3 FROM audit_posting"
             " WHERE kind = ?1 AND id = ?2 AND tile >= ?3 ORDER BY tile LIMIT 1"} {}

std::optional<posting_reader::row> posting_reader::at_or_before(posting_kind kind, std::int64_t id, std::int64_t tile) {
    auto rows = before_.use(kind, id, tile);
    return rows.step() ? std::optional{checked(read(rows, kind, id), 0, tile)} : std::nullopt;
}

std::optional<posting_reader::row> posting_reader::at_or_after(posting_kind kind, std::int64_t id, std::int64_t tile) {
    auto rows = after_.use(kind, id, tile);
    return rows.step() ? std::optional{checked(read(rows, kind, id), tile, last_tile)} : std::nullopt;
}

tile_bits posting_reader::bits(posting_kind kind, std::int64_t id, std::int64_t tile) {
    const auto found = at_or_after(kind, id, tile);
    return found && found->tile == tile ? found->bits : tile_bits{};
}

}  // namespace valhalla::schema
