// SPDX-License-Identifier: Apache-2.0
//
// What a server tells of requests that it refuses as `forbidden`, so that it can be put on record.
#pragma once

#include <functional>
#include <string_view>

#include "ipc/call.hpp"

namespace valhalla::ipc {

/// Somebody asked for what his role does not cover. Views live during the call.
struct denial {
    const peer& who;
    std::string_view method;  ///< empty: he was not let in at all
    role needs = role::none;
};

/// I/O thread, for every refusal, also of notifications; the peer may be gone. It must be quick, and may be called as
/// long as anybody holds a `reply_handle` that is not answered.
using denial_observer = std::function<void(const denial&)>;

}  // namespace valhalla::ipc
