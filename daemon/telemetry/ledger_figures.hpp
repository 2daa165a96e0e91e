// SPDX-License-Identifier: Apache-2.0
//
// What the ledger counts, on its own thread. It travels by value with what is published, so nobody else reads it while
// it changes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "ipc/histogram.hpp"

namespace valhalla {

/// Changes that shared a commit; the last bound is `ledger::max_batch`.
inline constexpr std::array<std::int64_t, 13> batch_bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024, 2'048, 4'096};

struct ledger_figures {
    ipc::histogram<batch_bounds> batch_size;
    ipc::duration_histogram commit;  ///< COMMIT, until the disk said that it has it
    std::uint64_t decisions_allowed = 0;
    std::uint64_t decisions_denied = 0;
    std::uint64_t wal_checkpoints = 0;  ///< pages were moved from the write-ahead log into the database
    std::int64_t wal_bytes = 0;
    std::chrono::microseconds trail_ahead{};  ///< of the wall clock; 0: it is not
    std::chrono::microseconds clock_set{};    ///< by how much the wall clock was, forward less back
};

}  // namespace valhalla
