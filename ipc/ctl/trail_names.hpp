// SPDX-License-Identifier: Apache-2.0
//
// Whether anybody has ever heard of somebody: what stands behind notes on names that were perhaps written wrongly.
// Nothing here fails a command; a daemon that does not answer such a question leaves the note out.
#pragma once

#include <string>

#include "ipc/ctl/record_pages.hpp"

namespace valhalla::ctl {

/// Tells on standard error which of the actor and the session of a filter never were in the trail.
void tell_unknown_names(context& io, const record_filter& filter);

/// Likewise of an operator who was locked: when neither the trail, nor the keys, nor the users of this system know
/// them.
void tell_unknown_operator(context& io, const std::string& name);

}  // namespace valhalla::ctl
