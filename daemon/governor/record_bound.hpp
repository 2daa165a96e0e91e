// SPDX-License-Identifier: Apache-2.0
//
// How long a record can get, without writing it.
#pragma once

#include <cstddef>

#include "schema/model/event.hpp"

namespace valhalla::governor {

/// Kept free for what a record has besides the event's own texts: names of members, times, numbers, the actor.
inline constexpr std::size_t record_frame_bytes = 1024;
inline constexpr std::size_t max_event_bytes = max_record_bytes - record_frame_bytes;

/// Upper bound of what the texts in `e` take as JSON. Cheap for short texts, one pass over long ones.
[[nodiscard]] std::size_t event_bytes(const event& e);

}  // namespace valhalla::governor
