// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/merkle_tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <ranges>
#include <stdexcept>
#include <utility>

// The EVP interface of OpenSSL 3 frees and allocates a state for every hash, which costs as much as hashing a record.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "schema/proof/base64.hpp"

namespace valhalla::schema {

namespace {

constexpr char leaf_prefix = 0;
constexpr char node_prefix = 1;

constexpr std::size_t block_bytes = SHA256_CBLOCK;
constexpr std::size_t length_bytes = 8;  // at the end of the last block: the message's length in bits

/// Of a message with its padding.
constexpr std::size_t padded_size(std::size_t message) noexcept {
    return (message + 1 + length_bytes + block_bytes - 1) / block_bytes * block_bytes;
}

/// The most significant byte first.
template <class Byte>
void put_big_endian(Byte* to, std::uint32_t word) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
        word = __builtin_bswap32(word);
    }
    std::memcpy(to, &word, sizeof word);
}

/// Behind a message of `message` bytes at `begin` (FIPS 180-4, 5.1.1).
void pad(char* begin, std::size_t message) noexcept {
    const std::size_t end = padded_size(message);
    std::memset(begin + message, 0, end - message);
    begin[message] = '\x80';
    const std::uint64_t bits = static_cast<std::uint64_t>(message) * 8;
    put_big_endian(begin + end - length_bytes, static_cast<std::uint32_t>(bits >> 32U));
    put_big_endian(begin + end - length_bytes / 2, static_cast<std::uint32_t>(bits));
}

[[noreturn]] void fail() {
    throw std::runtime_error{"OpenSSL failed to compute a SHA-256"};
}

constexpr std::size_t node_bytes = 1 + 2 * sizeof(hash256);

}  // namespace

/// Messages lie here with their padding, so that OpenSSL gets whole blocks in one call; taking a message in pieces and
/// padding it costs as much as hashing another block or two. What it computes with is then the digest.
struct hasher::context {
    SHA256_CTX state{};
    std::vector<char> leaf;
    std::array<char, padded_size(node_bytes)> node{};

    context() {
        node[0] = node_prefix;
        pad(node.data(), node_bytes);
    }

    hash256 digest(std::span<const char> blocks) {
        if (SHA256_Init(&state) != 1 || SHA256_Update(&state, blocks.data(), blocks.size()) != 1) {
            fail();
        }
        hash256 out;
        auto* to = out.data();
        for (const SHA_LONG word : state.h) {
            put_big_endian(to, word);
            to += sizeof word;
        }
        return out;
    }
};

hasher::hasher() : context_{std::make_unique<context>()} {}
hasher::~hasher() = default;
hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;

hash256 hasher::leaf(std::string_view record) {
    auto& message = context_->leaf;
    const std::size_t size = 1 + record.size();
    if (const std::size_t blocks = padded_size(size); message.size() < blocks) {
        message.resize(blocks);
    }
    message[0] = leaf_prefix;
    record.copy(message.data() + 1, record.size());  // std::ranges::copy would go byte by byte
    pad(message.data(), size);
    return context_->digest(std::span{message}.first(padded_size(size)));
}

hash256 hasher::node(const hash256& left, const hash256& right) {
    auto& message = context_->node;
    std::memcpy(message.data() + 1, left.data(), left.size());
    std::memcpy(message.data() + 1 + left.size(), right.data(), right.size());
    return context_->digest(message);
}

hash256 hasher::plain(std::string_view data) {
    hash256 out;
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    if (SHA256_Init(&context_->state) != 1 || SHA256_Update(&context_->state, data.data(), data.size()) != 1 ||
        SHA256_Final(bytes, &context_->state) != 1) {
        fail();
    }
    return out;
}

hash256 hasher::root_of(std::span<const hash256> leaves) {
    compact_range range;
    for (const hash256& leaf : leaves) {
        range.append(leaf, *this);
    }
    return range.root(*this);
}

void compact_range::append(const hash256& leaf, hasher& h) {
    edge_.push_back(leaf);
    merge(0, h);
}

void compact_range::append_subtree(const hash256& subtree_root, unsigned height, hasher& h) {
    edge_.push_back(subtree_root);
    merge(height, h);
}

/// The last of the edge is a subtree of `1 << height` leaves, not counted yet: as often as its left sibling is there
/// as well, both become one.
void compact_range::merge(unsigned height, hasher& h) {
    for (std::uint64_t siblings = size_ >> height; (siblings & 1U) != 0; siblings >>= 1U) {
        const hash256 right = edge_.back();
        edge_.pop_back();
        edge_.back() = h.node(edge_.back(), right);
    }
    size_ += std::uint64_t{1} << height;
}

hash256 compact_range::root(hasher& h) const {
    if (edge_.empty()) {
        return h.plain({});
    }
    hash256 root = edge_.back();
    for (const hash256& left : std::views::reverse(edge_) | std::views::drop(1)) {
        root = h.node(left, root);
    }
    return root;
}

void growing_tree::append(const hash256& leaf, hasher& h, const tile_sink& completed) {
    ++size_;
    hash256 entry = leaf;
    for (unsigned level = 0;; ++level) {
        if (level == levels_.size()) {
            levels_.emplace_back().hashes.reserve(tile_width);
        }
        open_tile& tile = levels_[level];
        tile.hashes.push_back(entry);
        tile.range.append(entry, h);
        if (tile.hashes.size() < tile_width) {
            return;
        }
        entry = tile.range.root(h);
        completed({level, (size_ >> (tile_height * (level + 1))) - 1, entry, tile.hashes});
        tile.hashes.clear();
        tile.range = {};
    }
}

hash256 growing_tree::root(hasher& h) const {
    // From the smallest subtree to the largest: the edges of the open tiles, lowest level last.
    bool any = false;
    hash256 root{};
    for (const open_tile& tile : levels_) {
        const auto edge = tile.range.edge();
        for (const hash256& left : std::views::reverse(edge)) {
            root = any ? h.node(left, root) : left;
            any = true;
        }
    }
    return any ? root : h.plain({});
}

std::uint64_t hashes_in_level(std::uint64_t size, unsigned level) noexcept {
    constexpr unsigned levels = 64 / tile_height;
    return level < levels ? size >> (level * tile_height) : 0;
}

growing_tree growing_tree::recover(std::uint64_t size, hasher& h,
                                   const std::function<std::vector<hash256>(unsigned level)>& hashes_at) {
    growing_tree tree;
    tree.size_ = size;
    for (unsigned level = 0; hashes_in_level(size, level) != 0; ++level) {
        open_tile& tile = tree.levels_.emplace_back();
        tile.hashes = hashes_at(level);
        tile.hashes.reserve(tile_width);
        for (const hash256& entry : tile.hashes) {
            tile.range.append(entry, h);
        }
    }
    return tree;
}

std::size_t growing_tree::partial_width(std::uint64_t size, unsigned level) noexcept {
    return static_cast<std::size_t>(hashes_in_level(size, level) % tile_width);
}

std::vector<hash256> hashes_in(std::span<const std::byte> bytes) {
    std::vector<hash256> hashes(bytes.size() / sizeof(hash256));
    for (hash256& hash : hashes) {
        std::ranges::copy(bytes.first<sizeof(hash256)>(), hash.begin());
        bytes = bytes.subspan(sizeof(hash256));
    }
    return hashes;
}

std::optional<hash256> hash_of_base64(std::string_view text) {
    const auto bytes = from_base64(text);
    return bytes && bytes->size() == sizeof(hash256) ? std::optional{hashes_in(*bytes).front()} : std::nullopt;
}

std::string to_hex(const hash256& h) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * h.size());
    for (const std::byte b : h) {
        out += digits[std::to_integer<std::size_t>(b >> 4)];
        out += digits[std::to_integer<std::size_t>(b & std::byte{0x0f})];
    }
    return out;
}

std::optional<hash256> hash_of_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    hash256 h{};
    if (text.size() != 2 * h.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < h.size(); ++i) {
        const auto high = digits.find(text[2 * i]);
        const auto low = digits.find(text[2 * i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return std::nullopt;
        }
        h[i] = static_cast<std::byte>(high << 4U | low);
    }
    return h;
}

}  // namespace valhalla::schema
