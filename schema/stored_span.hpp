// SPDX-License-Identifier: Apache-2.0
//
// Where a span begins or ends, as it is stored when the record that begins it does not tell.
#pragma once

#include <cstdint>
#include <string>

#include "schema/model/span_time.hpp"

namespace valhalla::schema {

enum class span_kind : std::uint8_t { signal_ends = 0, lock_ends = 1, key_ends = 2, session_began = 3 };

struct stored_span {
    span_kind kind{};
    std::string name;  ///< source of the signal, operator, id of the key, id of the session
    span_point at{};
    friend bool operator==(const stored_span&, const stored_span&) = default;
};

}  // namespace valhalla::schema
