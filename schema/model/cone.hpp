// SPDX-License-Identifier: Apache-2.0
//
// The cone: the band in force, why, and the figures it was decided on.
#pragma once

#include <string>

#include "schema/model/json_writer.hpp"
#include "schema/model/time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

struct cone {
    band in_force = band::caution;
    std::string reason;
    unix_micros updated_at{};
    /// A JSON object as the setter wrote it, without whitespace between tokens: its numbers keep their digits.
    std::string metrics_json = "{}";

    friend bool operator==(const cone&, const cone&) = default;
};

/// `band, reason, updated_at_utc, metrics` as members of an object that the caller opened.
void write_cone_members(json_writer& json, const cone& c);
/// `{band, reason, updated_at_utc, metrics}`.
void write_cone(json_writer& json, const cone& c);

}  // namespace valhalla
