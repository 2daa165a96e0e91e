// SPDX-License-Identifier: Apache-2.0
//
// The rollback guard: before anything is appended, does the database continue what was signed last? The anchor lies
// outside of the database, so whoever puts back an older copy of the one has to put back the other as well.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "schema/model/epoch.hpp"
#include "schema/proof/checkpoint.hpp"

namespace valhalla {

struct trail_evidence {
    std::optional<epoch> recorded;             ///< what the trail says of its name and key
    schema::tree_head head;                    ///< of the trail
    std::optional<std::string> anchor;         ///< content of STATE/anchor; absent: no such file
    const schema::signing_key* key = nullptr;  ///< null: there is none
    /// Root over the first `size` records, `size` <= `head.size`.
    std::function<schema::hash256(std::uint64_t size)> root_at;
};

struct trail_verdict {
    /// What does not fit, as a sentence without advice; empty when all does.
    std::string misfit;
    /// The checkpoint to go on from. Absent in a trail that never signed one, and when something does not fit.
    std::optional<schema::checkpoint> anchored;
};

[[nodiscard]] trail_verdict examine_trail(const trail_evidence& found);

/// `<prefix>/<instance>` for the first epoch, else with a suffix that no epoch before it had. `chance` is 16 hex
/// digits.
[[nodiscard]] std::string new_origin(const std::string& prefix, const std::string& instance, bool first,
                                     const std::string& chance);

}  // namespace valhalla
