// SPDX-License-Identifier: Apache-2.0
//
// Verification for auditors who trust nobody: what is given is recognised, checked from its bytes, and judged. No
// secrets, no sockets, nothing written. Constant memory. A single file is opened to see what it is, which would drop
// the locks of a connection that this process has to it: not for a database that the caller itself has open.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "schema/verify/record_chain.hpp"
#include "schema/verify/report.hpp"

namespace valhalla::verify {

/// As on the command line.
struct request {
    std::string path{};                      ///< empty: there is `log`
    std::optional<std::string> log{};        ///< file of JSON lines, or `-`
    std::optional<std::string> key{};        ///< verifier key, or a file with one
    std::vector<std::string> checkpoints{};  ///< files; without any, `path` with `.checkpoint` behind it is one
    std::vector<std::string> witnesses{};    ///< verifier keys, or files with one
    /// As many different witnesses must have cosigned; without it all that are named.
    std::optional<std::size_t> quorum{};
};

/// Never throws for what is given to it.
[[nodiscard]] report verify_evidence(const request& what, const progress_sink& progress = {});

}  // namespace valhalla::verify
