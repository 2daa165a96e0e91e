// SPDX-License-Identifier: Apache-2.0
//
// What can be asked of the governor, and what it answers. Commands hold validated, typed values: form was checked at
// the wire, only rules are left.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/governor/canon.hpp"
#include "daemon/governor/playbook.hpp"
#include "daemon/governor/self_checks.hpp"
#include "schema/model/event.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::governor {

namespace commands {

struct start_session {
    std::optional<std::string> notes;
    bool supersede = false;  ///< end the operator's running session instead of refusing
};
struct end_session {
    std::optional<std::string> notes;
    std::optional<session_id> id;  ///< absent: the caller's own active one
};
struct note_session {
    std::string text;
};
struct set_cone {
    band to{};
    std::string reason;
    std::string metrics_json = "{}";
};
struct decide {
    std::string engine;
    std::string action;
};
struct report_health {
    std::string source;
    health_level level{};
    std::string message;
    std::optional<std::chrono::seconds> ttl;
};
struct clear_health {
    std::string source;
};
/// Members that are present replace the value of the threshold of that name.
struct set_thresholds {
    using value = std::variant<std::int64_t, double, health_level>;
    std::vector<std::pair<std::string, value>> changes;
};
struct set_step {
    std::string step_id;
    bool done = true;
    std::optional<std::string> notes;
    std::optional<std::string> override_reason;
};
/// An X_ event of another program.
struct append_event {
    std::string name;
    std::string payload_json;
};
/// What an import read and checked (schema/import.hpp): its state, then its log lines. A long one comes in pieces, each
/// a command, all in one transaction: the answer to the first one is that to all. The status of the health is recorded
/// after them.
struct import_state {
    /// What comes after this piece.
    struct rest {
        std::size_t parts = 0;
        std::size_t sessions = 0;
        std::size_t lines = 0;
    };
    std::vector<events::imported_state> parts;
    std::vector<events::imported_line> lines;
    rest to_come{};
    bool continues = false;  ///< it is not the first piece
};
/// Time passed, or the daemon measured itself: re-evaluates health. Asked by the daemon only.
struct tick {
    std::optional<self_checks> measured;
};
/// A canon or a playbook was loaded and validated. Asked by the daemon only.
struct load_policy {
    std::shared_ptr<const canon> rules;
};
struct load_playbook {
    std::shared_ptr<const playbook> steps;
};
/// First command on an empty database.
struct create_database {
    std::string instance;
};
/// The name and key that the trail's checkpoints are signed with from now on. Asked by the daemon only.
struct start_epoch {
    events::epoch_started what;
};
/// What a start found of records that nobody had signed. Asked by the daemon only.
struct record_unsigned {
    events::records_unsigned what;
};

/// The tree of another log whose signature was checked, and the proof that it continues the tree of `old_size` records.
struct witness_checkpoint {
    std::string origin;
    schema::tree_head head;
    std::uint64_t old_size = 0;
    std::vector<schema::hash256> proof;
};

/// Ends nothing and lets nothing new begin: a running session goes on, but until the lock is taken away or runs out,
/// every change in the operator's name is refused as `operator_locked`, save those that bring something to its end:
/// ending a session, noting in the one that runs, and lifting a lock. What he may read stays as it is.
///
/// It holds whatever his role, for a lock that silently does not hold would be worse than none. No owner can be locked
/// out for good by it, not by himself either: who is an owner may lift any lock, his own too, and the trail says that
/// he did. A new lock of a locked operator takes the place of the old one.
struct lock_operator {
    std::string operator_name;
    std::string reason;
    std::optional<std::chrono::seconds> ttl;  ///< absent: until it is taken away
    /// What else the same person comes as: `uid:1234` beside their name, or the name beside it.
    std::optional<std::string> also{};
};
struct unlock_operator {
    std::string operator_name;
    std::optional<std::string> reason;
    std::optional<std::string> also{};  ///< as of `lock_operator`; absent also where it is not known now
};
/// The key's text stays with whoever drew it; only its hash comes here.
struct create_key {
    std::string id;    ///< 12 random lower-case hex digits
    std::string hash;  ///< SHA-256, 64 lower-case hex digits
    std::string name;
    access_role role{};
    std::optional<std::chrono::seconds> ttl;
};
struct revoke_key {
    std::string id;
    std::optional<std::string> reason;
};
/// Somebody was denied what his role does not cover; he is the actor. Asked by the daemon only.
struct record_denial {
    events::access_denied what;
};

}  // namespace commands

using command =
    std::variant<commands::start_session, commands::end_session, commands::note_session, commands::set_cone,
                 commands::decide, commands::report_health, commands::clear_health, commands::set_thresholds,
                 commands::set_step, commands::append_event, commands::import_state, commands::tick,
                 commands::load_policy, commands::load_playbook, commands::create_database, commands::start_epoch,
                 commands::record_unsigned, commands::witness_checkpoint, commands::lock_operator,
                 commands::unlock_operator, commands::create_key, commands::revoke_key, commands::record_denial>;

enum class refusal_kind : std::uint8_t {
    session_active,
    no_active_session,
    unknown_session,
    session_ended,
    not_your_session,  ///< needs an owner
    unknown_engine,
    unknown_action,
    unknown_signal,
    too_many_signals,
    invalid_threshold,
    unknown_step,
    step_blocked,
    owner_only,  ///< e.g. overriding a blocked step
    state_not_fresh,
    import_refused,      ///< what was read contradicts itself, e.g. two active sessions of one operator
    invalid_event_name,  ///< not X_…; the wire has checked it before, this is the last line of defence
    record_too_large,
    witness_conflict,  ///< `known_size` says from which size the proof must begin
    bad_proof,         ///< `known_size` when the tree has that size and another root
    operator_locked,   ///< `lock` says why, since when, until when and by whom
    not_locked,
    too_many_locks,
    unknown_key,
    too_many_keys,
    key_revoked,        ///< of the caller himself
    answers_too_large,  ///< of several commands together
};

struct refusal {
    refusal_kind kind{};
    std::string message;                ///< what was wrong, where, and what to do
    std::string key;                    ///< the parameter that it is about; may be empty
    std::vector<std::string> nearest;   ///< names that were perhaps meant
    std::optional<session_id> session;  ///< the session in the way, where there is one
    std::optional<std::int64_t> known_size{};
    std::optional<operator_lock> lock{};
};

/// Answers, typed; daemon/render.hpp makes JSON of them.
namespace answers {
struct nothing {};
using session = std::shared_ptr<const valhalla::session>;
using cone = std::shared_ptr<const valhalla::cone>;
struct decision {
    verdict what;
    audit_seq id{};
};
struct health {};      ///< the health of the state after the command
struct thresholds {};  ///< likewise
struct step {
    std::string step_id;
    step_progress now;
};
struct recorded {
    audit_seq seq{};
};
/// The lock that begins, or the one that was taken away; and the session that he still has.
struct lock {
    operator_lock what;
    std::optional<session_id> session;
};
/// The key that begins, or the one that was revoked.
using key = api_key;
struct imported {
    std::size_t sessions = 0;
    std::size_t lines = 0;
    audit_seq first{};
    audit_seq last{};
};
}  // namespace answers

using answer =
    std::variant<answers::nothing, answers::session, answers::cone, answers::decision, answers::health,
                 answers::thresholds, answers::step, answers::recorded, answers::imported, answers::lock, answers::key>;

}  // namespace valhalla::governor
