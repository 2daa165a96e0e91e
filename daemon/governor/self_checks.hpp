// SPDX-License-Identifier: Apache-2.0
//
// What the daemon measures about itself. The figures come in with a `tick` and are not recorded; the change of status
// that they cause is.
#pragma once

#include <cstdint>
#include <optional>

namespace valhalla::governor {

/// Absent = not measured yet.
struct self_checks {
    std::optional<std::int64_t> disk_free_mib;
    std::optional<std::int64_t> wal_mib;
    std::optional<std::int64_t> ledger_queue;
    std::optional<std::int64_t> anchor_age_s;
    friend bool operator==(const self_checks&, const self_checks&) = default;
};

}  // namespace valhalla::governor
