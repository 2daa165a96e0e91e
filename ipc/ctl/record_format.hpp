// SPDX-License-Identifier: Apache-2.0
//
// Records of the trail for other programs, one a line: as they are (json), as RFC 4180 (csv), as CloudEvents 1.0
// (cloudevents). Values are taken over as they stand in the record wherever the format lets them. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace valhalla::ctl {

enum class record_format : std::uint8_t { table, json, csv, cloudevents };

/// Nothing for an unknown word.
[[nodiscard]] std::optional<record_format> record_format_of(std::string_view word) noexcept;

inline constexpr std::string_view csv_header = "seq,ts_utc,event,actor,via,session,payload";
/// `text` is the record, `value` the same parsed. Without the line break.
[[nodiscard]] std::string csv_row(std::string_view text, const boost::json::value& value);

/// The event's JSON. `origin` names the log. A `fault` when the record lacks what an event must have.
[[nodiscard]] std::string cloud_event(std::string_view text, const boost::json::value& value, std::string_view origin);

}  // namespace valhalla::ctl
