// SPDX-License-Identifier: Apache-2.0
#include "ipc/errors.hpp"

#include <iterator>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "ipc/json_reader.hpp"

namespace valhalla::ipc {

namespace {

struct description {
    std::string_view kind;
    std::string_view meaning;
};

constexpr description entry_of(error_code code) noexcept {
    switch (code) {
        case error_code::parse_error: return {"parse_error", "The line is not JSON, or is too long."};
        case error_code::invalid_request:
            return {"invalid_request", "The line is JSON, but not a JSON-RPC 2.0 request."};
        case error_code::method_not_found:
            return {"method_not_found", "There is no such method; `nearest` lists names that were perhaps meant."};
        case error_code::invalid_params:
            return {"invalid_params", "A parameter is missing, unknown or out of bounds; `key` names it."};
        case error_code::internal_error: return {"internal_error", "The daemon failed; its log says why."};
        case error_code::forbidden:
            return {"forbidden", "The caller's role does not suffice; `role` is the one that does."};
        case error_code::rate_limited: return {"rate_limited", "Too many requests in a short time."};
        case error_code::operator_locked:
            return {
                "operator_locked",
                "The caller is locked and begins nothing new; `reason`, `since_utc`, `until_utc` and `locked_by` say "
                "more."};
        case error_code::not_locked: return {"not_locked", "The operator is not locked, or no longer."};
        case error_code::too_many_locks:
            return {"too_many_locks", "The maximum number of operators is locked already."};
        case error_code::unknown_key: return {"unknown_key", "There is no key with that id, or it was revoked."};
        case error_code::too_many_keys: return {"too_many_keys", "The maximum number of keys exists already."};
        case error_code::invalid_key:
            return {"invalid_key", "The key is unknown, or it was revoked or has expired; `auth.key` takes another."};
        case error_code::session_active:
            return {"session_active", "The caller has an active session; `session` is its number."};
        case error_code::no_active_session: return {"no_active_session", "The caller has no active session."};
        case error_code::unknown_session: return {"unknown_session", "There is no session with that number."};
        case error_code::session_ended: return {"session_ended", "The session has ended already."};
        case error_code::unknown_engine:
            return {"unknown_engine", "The policy has no such engine; `nearest` lists names that were perhaps meant."};
        case error_code::unknown_action:
            return {"unknown_action", "The policy has no such action; `nearest` lists names that were perhaps meant."};
        case error_code::policy_invalid:
            return {"policy_invalid", "The policy file is invalid; `file`, `line` and `key` say where."};
        case error_code::unknown_signal:
            return {"unknown_signal", "No such source has reported; `nearest` lists names that were perhaps meant."};
        case error_code::too_many_signals:
            return {"too_many_signals", "The maximum number of sources has reported already."};
        case error_code::invalid_threshold:
            return {"invalid_threshold", "The thresholds would contradict each other; `key` names one."};
        case error_code::unknown_step:
            return {"unknown_step", "The playbook has no such step; `nearest` lists names that were perhaps meant."};
        case error_code::step_blocked: return {"step_blocked", "The step may not be done in this band or health."};
        case error_code::record_too_large:
            return {"record_too_large", "The audit record would be larger than a record may be."};
        case error_code::unknown_record:
            return {"unknown_record", "The trail has no record with that number; `size` is how many it has."};
        case error_code::beyond_the_trail:
            return {"beyond_the_trail", "The tree does not have that size or tile yet; `key` names the parameter."};
        case error_code::unknown_follow: return {"unknown_follow", "The connection has no follow with that number."};
        case error_code::too_many_follows:
            return {"too_many_follows", "The maximum number of follows is open already."};
        case error_code::no_witness: return {"no_witness", "This daemon was given no witness key."};
        case error_code::unknown_log:
            return {"unknown_log", "The checkpoint's origin is not one that this witness watches."};
        case error_code::bad_checkpoint: return {"bad_checkpoint", "The checkpoint is not signed by the log's key."};
        case error_code::witness_conflict:
            return {"witness_conflict", "`old` is not the size that was cosigned last; `size` is."};
        case error_code::bad_proof:
            return {"bad_proof",
                    "The tree does not continue the one that was cosigned last; `size`, when both have that size."};
        case error_code::import_refused:
            return {"import_refused", "The files are invalid; `file`, `line` and `key` say where."};
        case error_code::state_not_fresh:
            return {"state_not_fresh", "Something was done already that the import would mix with."};
        case error_code::unknown_document: return {"unknown_document", "There is no document with that name."};
        case error_code::export_failed:
            return {"export_failed", "The export could not be written, or has not been written yet."};
        case error_code::no_such_upload: return {"no_such_upload", "There is no upload with that name, or it is gone."};
        case error_code::backup_running:
            return {"backup_running", "A backup is already being made; only one runs at a time."};
        case error_code::backup_failed:
            return {"backup_failed", "The backup could not be made; nothing of it was kept."};
        case error_code::overloaded: return {"overloaded", "Too much is waiting; try again in a moment."};
        case error_code::storage_full: return {"storage_full", "The disk is full; nothing was changed."};
        case error_code::outcome_unknown:
            return {"outcome_unknown", "The disk failed; only a restart shows whether the change was made."};
        case error_code::shutting_down: return {"shutting_down", "The daemon is stopping; nothing was changed."};
        case error_code::request_key_reused:
            return {"request_key_reused", "The request key was used before, with another request."};
        case error_code::request_running:
            return {"request_running", "The request with this key is still being carried out; its answer comes later."};
        case error_code::storage_lost:
            return {"storage_lost", "The files of the database are not where they were; nothing was changed."};
    }
    return {"internal_error", ""};
}

}  // namespace

std::string_view kind_of(error_code code) noexcept {
    return entry_of(code).kind;
}
std::string_view meaning_of(error_code code) noexcept {
    return entry_of(code).meaning;
}

void append_error(std::string& out, const rpc_error& error) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"({{"code":{},"message":)"), static_cast<int>(error.code));
    append_quoted(out, error.message);
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"data":{{"kind":"{}")"), kind_of(error.code));
    if (!error.data_members.empty()) {
        out += ',';
        out += error.data_members;
    }
    out += "}}";
}

rpc_error forbidden(std::string message, role needs) {
    rpc_error error{error_code::forbidden, std::move(message), {}, needs};
    append_text_member(error.data_members, "role", to_text(needs));
    return error;
}

void append_text_member(std::string& members, std::string_view name, std::string_view text) {
    if (!members.empty()) {
        members += ',';
    }
    append_quoted(members, name);
    members += ':';
    append_quoted(members, text);
}

}  // namespace valhalla::ipc
