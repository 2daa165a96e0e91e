// SPDX-License-Identifier: Apache-2.0
//
// Which records are of which event, actor and session: for each complete tile of 256 records, one row for each event,
// actor and session in it, with one bit for each record. An index entry for each record instead would cost more than
// the record itself. The records after the last complete tile have no rows yet; whoever searches looks at them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "schema/model/ids.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

/// As stored in `audit_posting.kind`.
enum class posting_kind : std::uint8_t { event = 0, actor = 1, session = 2 };
inline constexpr std::array posting_kinds{posting_kind::event, posting_kind::actor, posting_kind::session};

/// One bit for each record of a tile, the oldest first.
class tile_bits {
  public:
    static constexpr std::size_t word_count = tile_width / 64;

    tile_bits() = default;
    explicit tile_bits(const std::array<std::uint64_t, word_count>& words) noexcept : words_{words} {}

    void set(std::size_t at) noexcept { words_[at / 64] |= std::uint64_t{1} << at % 64; }
    [[nodiscard]] bool test(std::size_t at) const noexcept { return (words_[at / 64] >> at % 64 & 1U) != 0; }
    [[nodiscard]] std::int64_t count() const noexcept {
        std::int64_t sum = 0;
        for (const std::uint64_t word : words_) {
            sum += std::popcount(word);
        }
        return sum;
    }
    [[nodiscard]] const std::array<std::uint64_t, word_count>& words() const noexcept { return words_; }
    friend tile_bits operator&(tile_bits a, const tile_bits& b) noexcept {
        for (std::size_t i = 0; i < word_count; ++i) {
            a.words_[i] &= b.words_[i];
        }
        return a;
    }
    friend bool operator==(const tile_bits&, const tile_bits&) = default;

  private:
    std::array<std::uint64_t, word_count> words_{};
};

/// Tile of a record, counted from 0; its place in the tile.
[[nodiscard]] constexpr std::int64_t tile_of(audit_seq seq) noexcept {
    return (raw(seq) - 1) / static_cast<std::int64_t>(tile_width);
}
[[nodiscard]] constexpr std::size_t place_in_tile(audit_seq seq) noexcept {
    return static_cast<std::size_t>(raw(seq) - 1) % tile_width;
}
[[nodiscard]] constexpr audit_seq seq_at(std::int64_t tile, std::size_t place) noexcept {
    return audit_seq{tile * static_cast<std::int64_t>(tile_width) + static_cast<std::int64_t>(place) + 1};
}

/// The bits of a tile that grows, by kind and id.
class open_postings {
  public:
    struct entry {
        std::int64_t id;
        tile_bits bits;
    };

    /// The next record, in order. True when it completes the tile.
    bool add(audit_seq seq, std::int64_t event, std::int64_t actor, std::optional<session_id> session);
    [[nodiscard]] const std::vector<entry>& of(posting_kind kind) const noexcept {
        return kinds_[static_cast<std::size_t>(kind)];
    }
    void clear() noexcept;

  private:
    void mark(posting_kind kind, std::int64_t id, std::size_t place);

    std::array<std::vector<entry>, posting_kinds.size()> kinds_;
};

/// Gathers the open tile's bits and writes them when the tile is complete. Ledger thread.
class posting_writer {
  public:
    /// Before the first record that no complete tile holds.
    explicit posting_writer(const connection& db);

    /// The next record, in order.
    void add(audit_seq seq, std::int64_t event, std::int64_t actor, std::optional<session_id> session);
    /// As in the beginning; the open tile's records come again.
    void clear() noexcept { open_.clear(); }
    /// Records of `id` so far, by its bits in all tiles.
    [[nodiscard]] std::int64_t count(posting_kind kind, std::int64_t id);

  private:
    statement insert_;
    statement complete_tiles_;
    open_postings open_;
};

/// Reader's side. Inside a read transaction of the caller.
class posting_reader {
  public:
    explicit posting_reader(const connection& db);

    struct row {
        std::int64_t tile;
        tile_bits bits;
    };
    /// The row of the tile, or of the nearest one before or after it that has one.
    [[nodiscard]] std::optional<row> at_or_before(posting_kind kind, std::int64_t id, std::int64_t tile);
    [[nodiscard]] std::optional<row> at_or_after(posting_kind kind, std::int64_t id, std::int64_t tile);
    /// Empty bits when the tile has none.
    [[nodiscard]] tile_bits bits(posting_kind kind, std::int64_t id, std::int64_t tile);

  private:
    statement before_;
    statement after_;
};

}  // namespace valhalla::schema
