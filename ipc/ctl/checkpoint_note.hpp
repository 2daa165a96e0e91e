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
#include "ipc/ctl/merkle.hpp"

namespace valhalla::ctl {

/// What came contradicts itself or what was asked for.
[[nodiscard]] fault contradiction(const std::string& what);

struct checkpoint {
    std::string origin;
    std::int64_t size = 0;
    tree_hash root{};
    std::string note;  ///< signed, verbatim
};
/// Takes a signed note apart (C2SP tlog-checkpoint). `where` names it in the sentence of the `fault`.
[[nodiscard]] checkpoint read_checkpoint(std::string note, std::string_view where);
/// The daemon's newest.
[[nodiscard]] checkpoint fetch_checkpoint(context& io);

/// The members of a result of `audit.key`.
struct log_key {
    std::string origin;
    std::string key;
};
[[nodiscard]] log_key fetch_key(context& io);

/// Digits without leading zeros; nothing for anything else, or for what does not fit.
[[nodiscard]] std::optional<std::int64_t> decimal_of(std::string_view text);
/// 32 bytes in base64; nothing for anything else.
[[nodiscard]] std::optional<tree_hash> hash_of(std::string_view base64);

}  // namespace valhalla::ctl
