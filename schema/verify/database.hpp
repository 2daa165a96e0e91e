// SPDX-License-Identifier: Apache-2.0
//
// A database, or a whole state directory: the trail, its tree, every table that is a fold over the trail, and the
// anchor that lies beside it. First the file as such (schema/integrity.hpp), for nothing that is read from a damaged
// one means anything. One read transaction, which keeps the write-ahead log of a running daemon from shrinking
// meanwhile.
#pragma once

#include <filesystem>

#include "schema/verify/record_chain.hpp"

namespace valhalla::verify {

/// Throws `bad_evidence`, `unreadable`. Tells `r` as much as was found out, also when it throws.
void verify_database(const std::filesystem::path& database, checkpoint_book& checkpoints, const progress_sink& progress,
                     report& r);

}  // namespace valhalla::verify
