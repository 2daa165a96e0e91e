// SPDX-License-Identifier: Apache-2.0
//
// Proof files: one record, or a session's records in a directory. They name no key of their own, so that the auditor
// must bring it.
#pragma once

#include <filesystem>
#include <vector>

#include "schema/verify/checkpoint_book.hpp"

namespace valhalla::verify {

/// `whom.key` must be there. `others` are checkpoints to compare with. Throws `bad_evidence`, `unreadable`.
void verify_proof(const std::filesystem::path& file, const trust& whom, const std::vector<known_checkpoint>& others,
                  report& r);

/// A directory with `checkpoint` and a `<seq>.tlog-proof` for each record. With the session's end among them, none may
/// be missing: the end says how many there are.
void verify_bundle(const std::filesystem::path& directory, const trust& whom,
                   const std::vector<known_checkpoint>& others, report& r);

}  // namespace valhalla::verify
