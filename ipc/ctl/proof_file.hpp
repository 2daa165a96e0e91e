// SPDX-License-Identifier: Apache-2.0
//
// Proofs that the daemon gives, checked against the checkpoint that they belong to, and the file that keeps one (C2SP
// tlog-proof).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ipc/ctl/checkpoint_note.hpp"

namespace valhalla::ctl {

struct inclusion {
    std::int64_t seq = 0;
    std::string record;  ///< the bytes that were hashed
    std::vector<tree_hash> proof;
};
/// `result` is what `audit.inclusion` answered about record `seq`; it must lead to the root of `signed_tree`.
[[nodiscard]] inclusion read_inclusion(const answer& result, std::int64_t seq, const checkpoint& signed_tree);
/// A file of C2SP tlog-proof, the record's bytes as its extra data.
[[nodiscard]] std::string proof_file(const inclusion& proven, const checkpoint& signed_tree);

/// Hashes of a proof, which travel in base64. At most 63 can be needed.
[[nodiscard]] std::vector<tree_hash> read_hashes(const boost::json::value& result);

}  // namespace valhalla::ctl
