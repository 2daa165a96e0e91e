// SPDX-License-Identifier: Apache-2.0
//
// A work session and what was frozen at its start.
#pragma once

#include <optional>
#include <string>

#include "schema/model/ids.hpp"
#include "schema/model/json_writer.hpp"
#include "schema/model/span_time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

/// `started_at`, `cone_band`, `status` and `snapshot_json` are absent only in a session that was imported from a
/// program which could end a session that had never been started.
struct session {
    session_id id{};
    std::string operator_name;
    bool active = false;
    std::optional<unix_micros> started_at;
    std::optional<unix_micros> ended_at;
    std::optional<band> cone_band;
    std::optional<health_level> status;
    /// `{"cone":{band,reason,updated_at_utc,metrics},"status":{status,reasons}}`, written once at start; empty = null.
    /// Kept as bytes: a snapshot is evidence, and evidence is not rendered anew.
    std::string snapshot_json;
    std::optional<std::string> start_notes;
    std::optional<std::string> end_notes;
    std::optional<end_reason> why_ended;
    /// The record that brought it in: its start, or its import.
    audit_seq first_seq{};
    span_mark began{};  ///< while it is active: what its age is counted from

    /// What the frontend shows as `notes`: the end notes when there are any, else the start notes.
    [[nodiscard]] const std::optional<std::string>& notes() const noexcept {
        return end_notes ? end_notes : start_notes;
    }
    friend bool operator==(const session&, const session&) = default;
};

/// The seven fields that the frontend knows, as members of an object that the caller opened.
void write_session_fields(json_writer& json, const session& s);
/// All members on the wire: the seven fields plus id, operator, start_notes, end_notes, end_reason, first_seq.
void write_session_members(json_writer& json, const session& s);
/// The same as an object.
void write_session(json_writer& json, const session& s);
/// What stands for a session where there is none: the seven fields and the others, all null but `active: false`.
void write_no_session(json_writer& json);

}  // namespace valhalla
