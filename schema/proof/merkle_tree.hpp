// SPDX-License-Identifier: Apache-2.0
//
// The tree over the audit trail (RFC 6962): hashing and the growing right edge. Pure arithmetic on bytes; where hashes
// are kept is schema/audit_log's business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::schema {

using hash256 = std::array<std::byte, 32>;

/// SHA-256 with its state kept between calls. One per thread.
class hasher {
  public:
    hasher();
    ~hasher();
    hasher(hasher&&) noexcept;
    hasher& operator=(hasher&&) noexcept;

    /// SHA-256(0x00 || record).
    [[nodiscard]] hash256 leaf(std::string_view record);
    /// SHA-256(0x01 || left || right).
    [[nodiscard]] hash256 node(const hash256& left, const hash256& right);
    /// SHA-256(data).
    [[nodiscard]] hash256 plain(std::string_view data);
    /// Root of `leaves` (hashes, not data) as a tree of its own; the empty tree is SHA-256("").
    [[nodiscard]] hash256 root_of(std::span<const hash256> leaves);

  private:
    struct context;
    std::unique_ptr<context> context_;
};

/// The roots of the complete subtrees that cover the leaves so far, largest first: all that appending needs.
class compact_range {
  public:
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    void append(const hash256& leaf, hasher& h);
    /// Appends the root of a complete subtree of `1 << height` leaves. Precondition: `size()` is a multiple of that.
    void append_subtree(const hash256& subtree_root, unsigned height, hasher& h);
    [[nodiscard]] hash256 root(hasher& h) const;
    /// The roots themselves, largest subtree first.
    [[nodiscard]] std::span<const hash256> edge() const noexcept { return edge_; }

  private:
    void merge(unsigned height, hasher& h);

    std::uint64_t size_ = 0;
    std::vector<hash256> edge_;
};

/// Hashes per tile, as C2SP tlog-tiles has them: 8 levels of the tree.
inline constexpr std::size_t tile_width = 256;
inline constexpr unsigned tile_height = 8;

/// Hashes that a level of tiles has in a tree of `size` leaves: each stands for 256^level of them.
[[nodiscard]] std::uint64_t hashes_in_level(std::uint64_t size, unsigned level) noexcept;

struct full_tile {
    unsigned level = 0;
    std::uint64_t index = 0;  ///< in its level
    hash256 root{};
    std::span<const hash256> hashes;  ///< `tile_width` of them; lives during the call that hands it over
};

/// A tree that grows by leaves and hands over each tile when it is complete. In memory: at most 255 hashes a level.
class growing_tree {
  public:
    using tile_sink = std::function<void(const full_tile&)>;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    void append(const hash256& leaf, hasher& h, const tile_sink& completed);
    /// Hashes of the incomplete tile of `level`; lives until the next call.
    [[nodiscard]] std::span<const hash256> open_hashes(unsigned level) const noexcept {
        return level < levels_.size() ? std::span<const hash256>{levels_[level].hashes} : std::span<const hash256>{};
    }
    /// Of all leaves so far; O(log n).
    [[nodiscard]] hash256 root(hasher& h) const;

    /// Puts back what a tree of `size` leaves has in memory: for each level from 0 on, the hashes of its tile that is
    /// not complete yet. `hashes_at` must give exactly `partial_width(size, level)` of them.
    static growing_tree recover(std::uint64_t size, hasher& h,
                                const std::function<std::vector<hash256>(unsigned level)>& hashes_at);
    /// Hashes in the incomplete tile of `level` in a tree of `size` leaves: 0..255.
    [[nodiscard]] static std::size_t partial_width(std::uint64_t size, unsigned level) noexcept;

  private:
    struct open_tile {
        std::vector<hash256> hashes;
        compact_range range;
    };

    std::uint64_t size_ = 0;
    std::vector<open_tile> levels_;
};

struct tree_head {
    std::uint64_t size = 0;
    hash256 root{};
    friend bool operator==(const tree_head&, const tree_head&) = default;
};

/// Hashes that stand one after the other; a rest that is too short for one is left out.
[[nodiscard]] std::vector<hash256> hashes_in(std::span<const std::byte> bytes);

/// Nothing unless `text` is 32 bytes in base64.
[[nodiscard]] std::optional<hash256> hash_of_base64(std::string_view text);
/// Lower-case hex.
[[nodiscard]] std::string to_hex(const hash256& h);
/// Nothing unless `text` is 64 lower-case hex digits.
[[nodiscard]] std::optional<hash256> hash_of_hex(std::string_view text);

}  // namespace valhalla::schema
