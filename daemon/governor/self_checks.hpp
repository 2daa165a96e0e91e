// SPDX-License-Identifier: Apache-2.0
//
// What the daemon measures about itself. The figures come in with a `tick` and are not recorded; the change of status
// that they cause is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/vocabulary.hpp"

namespace valhalla::governor {

/// Something that is not as it must be, and no figure.
struct self_finding {
    health_level level = health_level::red;
    std::string sentence;  ///< at most `max_finding_bytes`
    friend bool operator==(const self_finding&, const self_finding&) = default;
};
inline constexpr std::size_t max_finding_bytes = 600;

/// Absent = not measured yet.
struct self_checks {
    std::optional<std::int64_t> disk_free_mib;
    std::optional<std::int64_t> wal_mib;
    std::optional<std::int64_t> ledger_queue;
    std::optional<std::int64_t> anchor_age_s;
    std::vector<self_finding> findings{};
    /// Why the frontend's files are not fresh, a sentence without its full stop; absent: they are, or none are wanted.
    std::optional<std::string> frontend_problem{};
    friend bool operator==(const self_checks&, const self_checks&) = default;
};

}  // namespace valhalla::governor
