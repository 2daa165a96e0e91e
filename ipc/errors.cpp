// SPDX-License-Identifier: Apache-2.0
#include "ipc/errors.hpp"

#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "ipc/json_reader.hpp"

namespace valhalla::ipc {

std::string_view kind_of(error_code code) noexcept {
    switch (code) {
        case error_code::parse_error: return "parse_error";
        case error_code::invalid_request: return "invalid_request";
        case error_code::method_not_found: return "method_not_found";
        case error_code::invalid_params: return "invalid_params";
        case error_code::internal_error: return "internal_error";
        case error_code::forbidden: return "forbidden";
        case error_code::locked: return "locked";
        case error_code::rate_limited: return "rate_limited";
        case error_code::session_active: return "session_active";
        case error_code::no_active_session: return "no_active_session";
        case error_code::unknown_session: return "unknown_session";
        case error_code::session_ended: return "session_ended";
        case error_code::unknown_engine: return "unknown_engine";
        case error_code::unknown_action: return "unknown_action";
        case error_code::policy_invalid: return "policy_invalid";
        case error_code::unknown_signal: return "unknown_signal";
        case error_code::too_many_signals: return "too_many_signals";
        case error_code::invalid_threshold: return "invalid_threshold";
        case error_code::unknown_step: return "unknown_step";
        case error_code::step_blocked: return "step_blocked";
        case error_code::record_too_large: return "record_too_large";
        case error_code::unknown_record: return "unknown_record";
        case error_code::beyond_the_trail: return "beyond_the_trail";
        case error_code::unknown_follow: return "unknown_follow";
        case error_code::too_many_follows: return "too_many_follows";
        case error_code::no_witness: return "no_witness";
        case error_code::unknown_log: return "unknown_log";
        case error_code::bad_checkpoint: return "bad_checkpoint";
        case error_code::witness_conflict: return "witness_conflict";
        case error_code::bad_proof: return "bad_proof";
        case error_code::import_refused: return "import_refused";
        case error_code::state_not_fresh: return "state_not_fresh";
        case error_code::unknown_document: return "unknown_document";
        case error_code::export_failed: return "export_failed";
        case error_code::no_such_upload: return "no_such_upload";
        case error_code::overloaded: return "overloaded";
        case error_code::storage_full: return "storage_full";
        case error_code::outcome_unknown: return "outcome_unknown";
        case error_code::shutting_down: return "shutting_down";
        case error_code::request_key_reused: return "request_key_reused";
    }
    return "internal_error";
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

void append_text_member(std::string& members, std::string_view name, std::string_view text) {
    if (!members.empty()) {
        members += ',';
    }
    append_quoted(members, name);
    members += ':';
    append_quoted(members, text);
}

}  // namespace valhalla::ipc
