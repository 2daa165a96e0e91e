// SPDX-License-Identifier: Apache-2.0
//
// One line of the log, and what a journal knows about it beside its words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/telemetry/message_ids.hpp"

namespace valhalla {

/// Enumerators are syslog's priorities (sd-daemon(3)), which the journal keeps as PRIORITY.
enum class severity : std::uint8_t { critical = 2, error = 3, warning = 4, info = 6, debug = 7 };

struct log_field {
    std::string_view name;  ///< static, as journals want it: A-Z, 0-9 and _
    std::string value;
};

struct log_entry {
    message_id id;
    severity how = severity::info;
    std::string text;  ///< the log makes one printable line of it
    std::vector<log_field> fields{};
};

/// The fields that entries have where they know them.
namespace log_fields {
inline constexpr std::string_view event = "VALHALLA_EVENT";             ///< the record's, e.g. CONE_SET
inline constexpr std::string_view seq = "VALHALLA_SEQ";                 ///< the record's number
inline constexpr std::string_view session = "VALHALLA_SESSION";         ///< number of the session that it is about
inline constexpr std::string_view operator_name = "VALHALLA_OPERATOR";  ///< whom it is about, else who did it
}  // namespace log_fields

}  // namespace valhalla
