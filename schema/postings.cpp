// SPDX-License-Identifier: Apache-2.0
#include "schema/postings.hpp"

#include <algorithm>

namespace valhalla::schema {

namespace {

posting_reader::row read(const statement::use_guard& row) {
    std::array<std::uint64_t, tile_bits::word_count> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = static_cast<std::uint64_t>(row.integer(static_cast<int>(i) + 1));
    }
    return {row.integer(0), tile_bits{words}};
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
      complete_tiles_{
          db, "SELECT tile, bits0, bits1, bits2, bits3 FROM audit_posting WHERE kind = ?1 AND id = ?2 ORDER BY tile"} {}

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
    auto row = complete_tiles_.use(kind, id);
    while (row.step()) {
        sum += read(row).bits.count();
    }
    return sum;
}

posting_reader::posting_reader(const connection& db)
    : before_{db,
              "SELECT tile, bits0, bits1, bits2, bits3 FROM audit_posting"
              " WHERE kind = ?1 AND id = ?2 AND tile <= ?3 ORDER BY tile DESC LIMIT 1"},
      after_{db,
             "SELECT tile, bits0, bits1, bits2, bits3 FROM audit_posting"
             " WHERE kind = ?1 AND id = ?2 AND tile >= ?3 ORDER BY tile LIMIT 1"} {}

std::optional<posting_reader::row> posting_reader::at_or_before(posting_kind kind, std::int64_t id, std::int64_t tile) {
    auto rows = before_.use(kind, id, tile);
    return rows.step() ? std::optional{read(rows)} : std::nullopt;
}

std::optional<posting_reader::row> posting_reader::at_or_after(posting_kind kind, std::int64_t id, std::int64_t tile) {
    auto rows = after_.use(kind, id, tile);
    return rows.step() ? std::optional{read(rows)} : std::nullopt;
}

tile_bits posting_reader::bits(posting_kind kind, std::int64_t id, std::int64_t tile) {
    const auto found = at_or_after(kind, id, tile);
    return found && found->tile == tile ? found->bits : tile_bits{};
}

}  // namespace valhalla::schema
