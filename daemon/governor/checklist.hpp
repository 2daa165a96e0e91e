// SPDX-License-Identifier: Apache-2.0
//
// What the checklist says besides its steps.
#pragma once

#include <string>
#include <vector>

#include "daemon/governor/state.hpp"

namespace valhalla::governor {

/// Why steps are blocked now, each reason once: the red status, or a band too narrow for steps that are not done yet.
/// Empty when nothing that is left to do is blocked.
[[nodiscard]] std::vector<std::string> blocked_reasons(const state& s);

/// A sentence on what to do next: the next step, what stands in the way, or that all is done.
[[nodiscard]] std::string next_step_message(const state& s);

}  // namespace valhalla::governor
