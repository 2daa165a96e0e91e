// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/refusal.hpp"

#include <cstdlib>

#include "ipc/http/call_params.hpp"
#include "ipc/http/json_members.hpp"
#include "ipc/http/limits.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

constexpr unsigned long pause_s = static_cast<unsigned long>(retry_after.count());

[[nodiscard]] bool is_about_a_parameter(ipc::error_code code) noexcept {
    return code == ipc::error_code::invalid_params || code == ipc::error_code::unknown_engine ||
           code == ipc::error_code::unknown_action || code == ipc::error_code::invalid_threshold;
}

[[nodiscard]] unsigned long seconds_of(std::string_view milliseconds) {
    const auto ms = std::strtoul(std::string{milliseconds}.c_str(), nullptr, 10);
    return ms == 0 ? pause_s : (ms + 999) / 1'000;
}

}  // namespace

refusal refuse(int status, std::string_view detail) {
    refusal made{.status = status, .body = "{\"detail\":", .kind = {}};
    ipc::append_quoted(made.body, detail);
    made.body += '}';
    if (status == 503 || status == 429) {
        made.retry_after_s = pause_s;
    }
    return made;
}

refusal daemon_away(bool may_not_connect) {
    if (may_not_connect) {
        return refuse(503, "The gateway has no permission to connect to the daemon's socket; nothing was done.");
    }
    return refuse(503, "The daemon cannot be reached; nothing was done. Try again in a moment.");
}

refusal turned_away(std::string_view error) {
    const auto members = json_members::of(error);
    const auto data = members ? json_members::of((*members)["data"]) : std::nullopt;
    const auto kind = data ? json_text((*data)["kind"]) : std::string{};
    if (kind == "forbidden") {
        return refuse(
            503,
            "The daemon does not let the gateway's own user in: there is no key yet that it would take, or it "
            "does not know that user. Nothing was done.");
    }
    auto made =
        refuse(503,
               "The daemon takes no further connection of the gateway for now; nothing was done. Try again in a "
               "moment.");
    made.kind = kind;
    if (data && !(*data)["retry_after_ms"].empty()) {
        made.retry_after_s = seconds_of((*data)["retry_after_ms"]);
    }
    return made;
}

refusal outcome_unknown(bool has_request_key) {
    auto made = has_request_key
                    ? refuse(503,
                             "The daemon went away before it answered. Send the same request with the same "
                             "Idempotency-Key: it is done once, whatever happened.")
                    : refuse(503,
                             "The daemon went away before it answered: the change was made, or it was not. Look "
                             "before you send it again.");
    if (!has_request_key) {
        made.retry_after_s = 0;  // nobody should repeat it blindly
    }
    made.kind = "outcome_unknown";
    return made;
}

int status_of(ipc::error_code code) noexcept {
    using enum ipc::error_code;
    switch (code) {
        case parse_error:
        case invalid_request: return 400;
        case invalid_key: return 401;
        case method_not_found: return 501;
        case internal_error: return 500;
        case invalid_params:
        case unknown_engine:
        case unknown_action:
        case invalid_threshold:
        case import_refused:
        case request_key_reused:
        case bad_proof: return 422;
        case forbidden:
        case operator_locked:
        case bad_checkpoint: return 403;
        case rate_limited: return 429;
        case unknown_key:
        case unknown_session:
        case unknown_signal:
        case unknown_step:
        case unknown_record:
        case beyond_the_trail:
        case unknown_follow:
        case no_witness:
        case unknown_log:
        case unknown_document:
        case no_such_upload: return 404;
        case not_locked:
        case too_many_locks:
        case too_many_keys:
        case session_active:
        case no_active_session:
        case session_ended:
        case policy_invalid:
        case too_many_signals:
        case step_blocked:
        case witness_conflict:
        case state_not_fresh:
        case backup_running:
        case request_running: return 409;
        case record_too_large: return 413;
        case too_many_follows:
        case export_failed:
        case backup_failed:
        case overloaded:
        case storage_full:
        case storage_lost:
        case outcome_unknown:
        case shutting_down: return 503;
    }
    return 500;  // of a daemon that is younger than we are
}

refusal refusal_of(std::string_view error, const route& row, bool has_body) {
    const auto members = json_members::of(error);
    const auto data = members ? json_members::of((*members)["data"]) : std::nullopt;
    if (!members || !data) {
        return refuse(500, "The daemon's answer cannot be read.");
    }
    const auto code = static_cast<ipc::error_code>(std::strtol(std::string{(*members)["code"]}.c_str(), nullptr, 10));
    const auto message = json_text((*members)["message"]);
    const auto kind = json_text((*data)["kind"]);
    const int status = kind == "invalid_key" ? 401 : status_of(code);
    auto made = refuse(status, message);
    made.kind = kind;
    if (status == 429) {
        made.retry_after_s = seconds_of((*data)["retry_after_ms"]);
    }
    if (code == ipc::error_code::outcome_unknown || code == ipc::error_code::storage_lost) {
        made.retry_after_s = 0;  // sending it again helps nobody
    }
    if (is_about_a_parameter(code)) {
        const auto key = json_text((*data)["key"]);
        // `metrics.open_jobs` is about `metrics`.
        const auto name = key.substr(0, key.find_first_of(".["));
        made.body = problems_body({{location_of(row, name, has_body), key, message, "value_error"}});
    }
    return made;
}

std::string_view reason_of(int status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 204: return "No Content";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

}  // namespace valhalla::http
