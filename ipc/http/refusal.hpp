// SPDX-License-Identifier: Apache-2.0
//
// Answers that are not 200: `{"detail": …}` with a status, out of what the daemon refused or of what the gateway found.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "ipc/errors.hpp"
#include "ipc/http/route.hpp"

namespace valhalla::http {

struct refusal {
    int status = 500;
    std::string body;
    std::string kind;                 ///< of the daemon's error; empty for one of the gateway
    unsigned long retry_after_s = 0;  ///< 0: not told
};

/// `{"detail":"…"}`
[[nodiscard]] refusal refuse(int status, std::string_view detail);
/// The daemon cannot be reached, and nothing was done.
[[nodiscard]] refusal daemon_away(bool may_not_connect = false);
/// The daemon did not take the gateway's connection, with this `error` object, and nothing was done.
[[nodiscard]] refusal turned_away(std::string_view error);
/// The daemon went away after it was asked for a change.
[[nodiscard]] refusal outcome_unknown(bool has_request_key);

/// The HTTP status of an error.
[[nodiscard]] int status_of(ipc::error_code code) noexcept;
/// Of the `error` object of an answer to a call of `row`.
[[nodiscard]] refusal refusal_of(std::string_view error, const route& row, bool has_body);

class exchange;
/// Answers with a refusal.
void respond(const exchange& with, const refusal& refused, bool close = false, std::string_view fields = {});

/// "Not Found" and the like.
[[nodiscard]] std::string_view reason_of(int status) noexcept;

}  // namespace valhalla::http
