// SPDX-License-Identifier: Apache-2.0
//
// A fast look at a record's envelope, without allocation: for going over a whole trail. Everything up to the payload
// must be, byte for byte, what `encode_record` can have written; a decision is checked to its end. The payload of every
// other kind is for `decode_record`, which is strict as well, but passes over spaces between the payload's tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/model/ids.hpp"
#include "schema/model/time.hpp"

namespace valhalla {

/// Views point into the record.
struct record_header {
    audit_seq seq{};
    unix_micros ts{};
    std::string_view event;  ///< between its quotes, escapes as written
    std::string_view actor;  ///< its name, likewise
    std::optional<session_id> session;
    /// A decision (CONE_ALLOW, CONE_DENY), complete and well-formed. All others: up to the payload only.
    bool decision = false;
    std::string_view policy;  ///< of a decision, likewise between its quotes
};

/// Nothing when the envelope, or a decision's payload, is not in the form in which records are written.
[[nodiscard]] std::optional<record_header> scan_record(std::string_view line) noexcept;

/// A name of a header, escapes resolved.
[[nodiscard]] std::string name_written(std::string_view between_quotes);
/// And back: names are written in one form only, so that these two are equal where the names are.
[[nodiscard]] std::string as_written(std::string_view name);

}  // namespace valhalla
