// SPDX-License-Identifier: Apache-2.0
//
// What the daemon's log is signed with and for: checkpoints and the verifier key, taken apart and checked for their
// form. Signatures are not checked here: that is the work of valhalla-verify, which needs no daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/ctl/context.hpp"
#include "schema/proof/checkpoint.hpp"

namespace valhalla::ctl {

/// What came contradicts itself or what was asked for.
[[nodiscard]] fault contradiction(const std::string& what);

/// A tree beyond this is no tree of ours: 2^55 records. Keeps all arithmetic on sizes inside 63 bits.
inline constexpr std::uint64_t max_tree_size = std::uint64_t{1} << 55U;

struct signed_checkpoint {
    schema::checkpoint says;
    std::string note;  ///< verbatim

    [[nodiscard]] const std::string& origin() const noexcept { return says.origin; }
    /// Also the seq of the last record that it covers.
    [[nodiscard]] std::int64_t size() const noexcept { return static_cast<std::int64_t>(says.head.size); }
};
/// Takes a signed note apart. `where` names it in the sentence of the `fault`.
[[nodiscard]] signed_checkpoint read_checkpoint(std::string note, std::string_view where);
/// The daemon's newest.
[[nodiscard]] signed_checkpoint fetch_checkpoint(context& io);

/// The members of a result of `audit.key`.
struct log_key {
    std::string origin;
    std::string key;
};
[[nodiscard]] log_key fetch_key(context& io);

/// Digits without leading zeros; nothing for anything else, or for what does not fit.
[[nodiscard]] std::optional<std::int64_t> decimal_of(std::string_view text);

}  // namespace valhalla::ctl
