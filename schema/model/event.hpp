// SPDX-License-Identifier: Apache-2.0
//
// What can happen, and how it is written into the audit trail. The trail is the truth: every table is a fold over
// these events (schema/projection.hpp), and so is the state that the governor decides on (daemon/governor/evolve.hpp).
// An event therefore carries everything needed to repeat its effect, and `decode_record(encode_record(e)) == e`.
//
// Record, one line of JSON, at most `max_record_bytes`:
//   {"v":1,"seq":17,"ts_utc":"…Z","event":"GO_SESSION_START","actor":{…},"session":3,"payload":{…}}
// An imported line has one member more, before its payload: "imported":{"ts_utc":…,"line":…,"original":{…}}.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/model/access.hpp"
#include "schema/model/actor.hpp"
#include "schema/model/cone.hpp"
#include "schema/model/health.hpp"
#include "schema/model/ids.hpp"
#include "schema/model/judgement.hpp"
#include "schema/model/progress.hpp"
#include "schema/model/session.hpp"
#include "schema/model/thresholds.hpp"
#include "schema/model/time.hpp"
#include "schema/model/witnessed.hpp"

namespace valhalla {

/// An entry of a tile bundle has a 16-bit length.
inline constexpr std::size_t max_record_bytes = 65'535;
inline constexpr int record_version = 1;

namespace events {

/// DATABASE_CREATE. First record of every database; sets the cone to its default.
struct database_created {
    std::string instance;  ///< 32 hex digits, random, unique per database
    cone initial_cone;
    friend bool operator==(const database_created&, const database_created&) = default;
};

/// POLICY_LOADED. The canon in force from here on.
struct policy_loaded {
    std::string sha256;  ///< 64 hex digits, of the file's bytes
    std::string source;  ///< path, or `built-in`
    friend bool operator==(const policy_loaded&, const policy_loaded&) = default;
};

/// PLAYBOOK_LOADED.
struct playbook_loaded {
    std::string sha256;
    std::string source;
    friend bool operator==(const playbook_loaded&, const playbook_loaded&) = default;
};

/// EPOCH_START. From here on the trail's checkpoints are signed under this name by this key. The first epoch begins
/// with the first checkpoint; another one only after a restore, or when an owner accepted that the last one's
/// anchor does not fit.
struct epoch_started {
    std::string origin;  ///< of the checkpoints; unique to this epoch of this database
    std::string key;     ///< verifier key, as schema/proof/signed_note.hpp writes it
    std::string reason;
    std::optional<std::string> refused_anchor;  ///< what lay in STATE/anchor and did not fit, verbatim
    friend bool operator==(const epoch_started&, const epoch_started&) = default;
};

/// RECORDS_UNSIGNED. A start found more records than the anchor covers, and signs them from here on: the work of a
/// daemon that was killed, or of somebody else while none ran.
struct records_unsigned {
    std::int64_t first = 0;  ///< seq
    std::int64_t last = 0;
    friend bool operator==(const records_unsigned&, const records_unsigned&) = default;
};

/// WITNESS_COSIGN. The checkpoint of another log was found to continue the one before it, and cosigned.
struct checkpoint_witnessed {
    std::string origin;
    witnessed_tree tree;
    friend bool operator==(const checkpoint_witnessed&, const checkpoint_witnessed&) = default;
};

/// GO_SESSION_START. `snapshot_json` as in `session`.
struct session_started {
    session_id id{};
    std::string operator_name;
    unix_micros started_at{};
    band cone_band{};
    health_level status{};
    std::optional<std::string> notes;
    std::string snapshot_json;
    friend bool operator==(const session_started&, const session_started&) = default;
};

/// GO_SESSION_END. The last record of its session.
struct session_ended {
    session_id id{};
    std::string operator_name;  ///< whose session it was
    unix_micros ended_at{};
    std::optional<std::string> notes;
    end_reason reason{};
    /// Of the session in this trail, this one included. Absent in records from before sessions were counted.
    std::optional<std::int64_t> records{};
    friend bool operator==(const session_ended&, const session_ended&) = default;
};

/// GO_SESSION_NOTE.
struct session_noted {
    session_id id{};
    std::string text;
    friend bool operator==(const session_noted&, const session_noted&) = default;
};

/// CONE_SET. `updated_at` of the cone is the record's time.
struct cone_changed {
    cone now;
    friend bool operator==(const cone_changed&, const cone_changed&) = default;
};

/// CONE_ALLOW, CONE_DENY. The decision's id is the record's seq.
struct decided {
    std::shared_ptr<const judgement> what;  ///< never null
    friend bool operator==(const decided& a, const decided& b) { return *a.what == *b.what; }
};

/// HEALTH_REPORT.
struct health_reported {
    health_signal signal;  ///< `reported_at` is the record's time, `reporter` its actor
    friend bool operator==(const health_reported&, const health_reported&) = default;
};

/// HEALTH_CLEAR.
struct health_cleared {
    std::string source;
    friend bool operator==(const health_cleared&, const health_cleared&) = default;
};

/// HEALTH_STATUS. The status changed; a change of reasons alone is not an event.
struct health_changed {
    health_level before{};
    health_verdict now;
    friend bool operator==(const health_changed&, const health_changed&) = default;
};

/// THRESHOLDS_SET.
struct thresholds_changed {
    thresholds before;
    thresholds after;
    friend bool operator==(const thresholds_changed&, const thresholds_changed&) = default;
};

/// GO_STEP_SET.
struct step_set {
    std::string step_id;
    bool done = false;
    std::optional<std::string> notes;
    std::optional<std::string> override_reason;  ///< an owner completed a blocked step, and why
    friend bool operator==(const step_set&, const step_set&) = default;
};

/// OPERATOR_LOCK. Takes the place of a lock that the operator has, and clears away every lock that has run out by the
/// record's time.
struct operator_locked {
    operator_lock lock;  ///< `since` is the record's time, `locked_by` its actor
    friend bool operator==(const operator_locked&, const operator_locked&) = default;
};

/// OPERATOR_UNLOCK.
struct operator_unlocked {
    std::string operator_name;
    std::optional<std::string> reason;
    friend bool operator==(const operator_unlocked&, const operator_unlocked&) = default;
};

/// KEY_CREATE. The record has the hash, so that the table can be rebuilt from the trail, which every viewer reads.
/// Nothing can be made of it: there is no guessing 256 random bits, by any number of tries.
struct key_created {
    api_key key;  ///< `created_at` is the record's time, `created_by` its actor
    friend bool operator==(const key_created&, const key_created&) = default;
};

/// KEY_REVOKE.
struct key_revoked {
    std::string id;
    std::string name;
    std::optional<std::string> reason;
    friend bool operator==(const key_revoked&, const key_revoked&) = default;
};

/// ACCESS_DENIED. The record's actor asked for what his role does not cover; repeats are counted into one record.
struct access_denied {
    std::optional<std::string> method;  ///< absent: he was not let in at all, or see `needs`
    /// The roles that it takes and that he has. Absent, with the daemon as actor: these are many users and methods,
    /// more than were told apart.
    std::optional<access_role> needs;
    std::optional<access_role> has;
    std::int64_t count = 1;
    unix_micros first{};
    unix_micros last{};
    friend bool operator==(const access_denied&, const access_denied&) = default;
};

/// X_…: an event of another program, recorded as it came.
struct foreign {
    std::string name;          ///< begins with `X_`
    std::string payload_json;  ///< a JSON object without whitespace between tokens
    friend bool operator==(const foreign&, const foreign&) = default;
};

/// IMPORT. The state that came in from files; sessions in order of id. Absent parts were not among the files.
/// The sessions' `first_seq` is not part of the record (it would speak of another trail): it decodes as zero.
/// Large histories are split over several IMPORT records of one transaction, each with its own share.
struct imported_state {
    std::optional<cone> imported_cone;
    std::optional<thresholds> imported_thresholds;
    std::optional<progress_map> progress;
    std::vector<session> sessions;
    std::string source;  ///< what was read, e.g. the directory's name
    friend bool operator==(const imported_state&, const imported_state&) = default;
};

/// A line of another program's audit log, under its own event name. It is history and changes no table.
struct imported_line {
    std::string name;
    std::string payload_json;  ///< without whitespace between tokens, otherwise as it stood
    unix_micros original_ts{};
    std::string original_ts_text;  ///< as it stood
    std::int64_t line = 0;         ///< counted from 1
    /// An object with the line's other members, as they stood; `{}` when there were none.
    std::string original_json = "{}";
    friend bool operator==(const imported_line&, const imported_line&) = default;
};

}  // namespace events

using event =
    std::variant<events::database_created, events::policy_loaded, events::playbook_loaded, events::epoch_started,
                 events::records_unsigned, events::checkpoint_witnessed, events::session_started, events::session_ended,
                 events::session_noted, events::cone_changed, events::decided, events::health_reported,
                 events::health_cleared, events::health_changed, events::thresholds_changed, events::step_set,
                 events::operator_locked, events::operator_unlocked, events::key_created, events::key_revoked,
                 events::access_denied, events::foreign, events::imported_state, events::imported_line>;

/// The name in the record, e.g. `GO_SESSION_START`. The view lives as long as `e`.
[[nodiscard]] std::string_view event_name(const event& e) noexcept;

/// One record of the trail.
struct audit_entry {
    audit_seq seq{};
    unix_micros ts{};
    actor who;
    std::optional<session_id> session;  ///< the session it belongs to: the actor's active one, or the one it is about
    event what;
    friend bool operator==(const audit_entry&, const audit_entry&) = default;
};

/// How a record counts for the deny rate, which looks at the last `deny_window_size` records.
enum class decision_mark : std::uint8_t { none = 0, allow = 1, deny = 2 };
inline constexpr std::size_t deny_window_size = 200;
/// By event name alone, so that imported history counts as it did in the program that wrote it.
[[nodiscard]] decision_mark mark_of(std::string_view event_name) noexcept;

/// Appends the record's line without a newline. The caller checks `max_record_bytes`.
void encode_record(const audit_entry& entry, std::string& out);

/// What `decode_record` found wrong: the member's path (`payload.notes`) and a sentence.
struct record_error {
    std::string key;
    std::string message;
};
using decoded_record = std::variant<audit_entry, record_error>;
/// Reads a line that `encode_record` wrote; strict, as every reader of evidence must be.
[[nodiscard]] decoded_record decode_record(std::string_view line);

}  // namespace valhalla
