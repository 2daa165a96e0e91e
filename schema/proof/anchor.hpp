// SPDX-License-Identifier: Apache-2.0
//
// STATE/anchor: what the daemon signed last, outside of the database, so that its next start sees whether the database
// continues it. A signed note as a checkpoint is, with a first line of its own under the signature:
//   valhalla-anchor/v1 "\n" origin "\n" size "\n" base64(root) "\n"
// Checkpoints are given to everybody. An anchor never leaves the state directory: were one as good as the other, an
// older database with the checkpoint that was published with it would pass for the newest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/proof/checkpoint.hpp"

namespace valhalla::schema {

struct anchor {
    signed_note note;
    checkpoint says;

    /// Strict, as of a checkpoint; nothing is verified yet.
    [[nodiscard]] static std::optional<anchor> parse(std::string_view file);
};

/// The whole file.
[[nodiscard]] std::string sign_anchor(const checkpoint& what, const signing_key& key);

}  // namespace valhalla::schema
