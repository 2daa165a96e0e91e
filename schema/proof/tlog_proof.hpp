// SPDX-License-Identifier: Apache-2.0
//
// Proof files (C2SP tlog-proof): that one record is in the tree of a checkpoint, checkable without anything else.
//   c2sp.org/tlog-proof@v1 "\n" [extra <base64> "\n"] index <n> "\n" (<base64 hash> "\n")* "\n" <checkpoint>
// Our files carry the record itself as `extra`. Nothing is verified here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

inline constexpr std::string_view tlog_proof_first_line = "c2sp.org/tlog-proof@v1";
/// A path in a tree of at most 2^64 leaves.
inline constexpr std::size_t max_proof_hashes = 64;

struct tlog_proof {
    std::optional<std::vector<std::byte>> extra;
    std::uint64_t index = 0;  ///< of the leaf, from 0
    std::vector<hash256> hashes;
    std::string checkpoint;  ///< the signed note, verbatim

    [[nodiscard]] std::string text() const;
    /// Strict: nothing unless `text` is what the result's `text()` gives. The note is not looked into.
    [[nodiscard]] static std::optional<tlog_proof> parse(std::string_view text);
};

}  // namespace valhalla::schema
