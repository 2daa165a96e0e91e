// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints (C2SP tlog-checkpoint): what a log says of itself, three lines of text in a signed note.
//   origin "\n" size "\n" base64(root) "\n"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/proof/merkle_tree.hpp"
#include "schema/proof/signed_note.hpp"

namespace valhalla::schema {

struct checkpoint {
    std::string origin;
    tree_head head;

    [[nodiscard]] std::string text() const;
    /// Strict: exactly three lines, no leading zeros, no extension lines.
    [[nodiscard]] static std::optional<checkpoint> parse(std::string_view text);
    friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// The whole note: text, empty line, one signature line by `key` under the origin's name.
[[nodiscard]] std::string sign_checkpoint(const checkpoint& what, const signing_key& key);

/// What a witness signs (C2SP tlog-cosignature, type 0x04), and its line in the note.
[[nodiscard]] std::string cosignature_line(const signing_key& witness, std::string_view witness_name,
                                           std::string_view checkpoint_text, std::uint64_t unix_seconds);
/// The time of a good cosignature of `witness` in `note`, in Unix seconds; nothing when there is none.
[[nodiscard]] std::optional<std::uint64_t> cosigned_at(const signed_note& note, const verifier_key& witness);

}  // namespace valhalla::schema
