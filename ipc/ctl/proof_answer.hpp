// SPDX-License-Identifier: Apache-2.0
//
// Proofs as the daemon answers with them, checked against the checkpoint that they belong to.
#pragma once

#include <cstdint>
#include <vector>

#include "ipc/ctl/checkpoint_note.hpp"
#include "schema/proof/tlog_proof.hpp"

namespace valhalla::ctl {

/// `result` is what `audit.inclusion` answered about record `seq`; it must lead to the root of `under`. The bytes that
/// were hashed are the extra data.
[[nodiscard]] schema::tlog_proof read_inclusion(const answer& result, std::int64_t seq, const signed_checkpoint& under);

/// Hashes of a proof, which travel in base64.
[[nodiscard]] std::vector<schema::hash256> read_hashes(const boost::json::value& result);

}  // namespace valhalla::ctl
