// SPDX-License-Identifier: Apache-2.0
//
// Which route, and from where it may be asked. Who asks is in gateway_login.cpp, what is done then in
// gateway_calls.cpp.
#include "ipc/http/gateway.hpp"

#include <algorithm>

namespace valhalla::http {

namespace {

constexpr std::string_view preflight_fields =
    "Access-Control-Allow-Headers: Content-Type, X-VALHALLA-KEY, X-VALHALLA-CSRF, Idempotency-Key, If-None-Match, "
    "Last-Event-ID\r\nAccess-Control-Max-Age: 600\r\n";
constexpr std::string_view cors_fields =
    "Access-Control-Allow-Credentials: true\r\n"
    "Access-Control-Expose-Headers: ETag, Retry-After, X-VALHALLA-ERROR\r\n";

[[nodiscard]] bool is_json(std::string_view content_type) noexcept {
    constexpr std::string_view json = "application/json";
    if (content_type.size() < json.size()) {
        return false;
    }
    const bool same = std::ranges::equal(json, content_type.substr(0, json.size()), [](char expected, char given) {
        return expected == (given >= 'A' && given <= 'Z' ? static_cast<char>(given + 32) : given);
    });
    const auto rest = content_type.substr(json.size());
    return same && (rest.empty() || rest.front() == ';' || rest.front() == ' ');
}

[[nodiscard]] refusal refuse_origin() {
    return refuse(
        403,
        "Requests from this origin are not allowed here. Origins that may are named, each with its port where "
        "that is not the scheme's own, in origins of the gateway's configuration or in CORS_ALLOWED_ORIGINS.");
}

}  // namespace

std::string_view unquoted(std::string_view key) noexcept {
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') {
        return key.substr(1, key.size() - 2);
    }
    return key;
}

void respond(const exchange& with, const refusal& refused, bool close, std::string_view fields) {
    std::string lines{fields};
    if (refused.retry_after_s > 0) {
        lines.append("Retry-After: ").append(std::to_string(refused.retry_after_s)).append("\r\n");
    }
    if (!refused.kind.empty()) {
        lines.append("X-VALHALLA-ERROR: ").append(refused.kind).append("\r\n");
    }
    with.respond({.status = refused.status, .body = refused.body, .fields = lines, .close = close});
}

gateway::gateway(boost::asio::io_context& io, gateway_options options, const limits& bounds)
    : io_{io},
      options_{std::move(options)},
      bounds_{bounds},
      origins_{options_.origins},
      memory_{std::make_shared<daemon_memory>(daemon_memory{.limit = bounds.daemon_bytes,
                                                            .line_bytes = bounds.body_bytes + max_envelope_bytes,
                                                            .reach = {options_.socket, options_.report}})},
      health_{std::make_shared<health_probe>(io, options_.socket, memory_)},
      own_{std::make_shared<identity>(io, options_.socket, std::string{}, memory_)},
      own_events_{std::make_shared<event_hub>(io, options_.socket, std::string{}, memory_)},
      logins_{bounds.login_time},
      keys_{io, options_.socket, memory_, logins_, options_.dev ? options_.dev_key : std::string{}} {}

gateway::~gateway() = default;

bool gateway::begin(const request& head, const exchange& with) {
    const auto what = admit(head, with);
    if (what) {
        const auto* const holder = what->who ? keys_.holder_of(*what->who) : nullptr;
        with.on().set_stranger(!what->who || (holder != nullptr && !holder->proven));
    }
    return what.has_value();
}

void gateway::on_tick(upstream::clock::time_point now) {
    health_->on_tick(now);
    if (options_.dev) {
        // Otherwise nobody asks as this user, who has no role: to connect would be on record as a denial.
        own_->on_tick(now, bounds_.answer_time);
    }
    own_events_->on_tick(now, bounds_.answer_time);
    keys_.on_tick(now, bounds_.answer_time);
    logins_.on_tick(now);
    if (archive_) {
        archive_->on_tick(now);
        if (archive_->over()) {
            archive_.reset();
        }
    }
}

void gateway::close() {
    if (archive_) {
        archive_->close();
    }
    health_->close();
    keys_.close();
    own_events_->close();
    own_->close();
}

std::optional<gateway::admitted> gateway::admit(const request& head, const exchange& with) {
    const auto parts = split_target(head.target);
    if (!parts) {
        respond(with, refuse(400, "The target of the request is not valid."), true);
        return std::nullopt;
    }
    if (const auto objection = objection_to_host(head, *parts)) {
        respond(with, *objection, true);
        return std::nullopt;
    }
    auto& cors = with.on().context().cors;
    if (!origins_.empty()) {
        cors = "Vary: Origin\r\n";
        if (origins_.allows(head.fields.origin)) {
            cors.append("Access-Control-Allow-Origin: ").append(head.fields.origin).append("\r\n").append(cors_fields);
        }
    }
    if (parts->path == "*") {
        if (head.method == verb::options) {
            with.respond({.status = 204, .fields = "Allow: GET, HEAD, POST, OPTIONS\r\n"});
        } else {
            respond(with, refuse(400, "The target of the request is not valid."), true);
        }
        return std::nullopt;
    }
    auto match = find_route(head.method, parts->path);
    if (!match) {
        respond(with, refuse(400, "The path is not valid percent-encoded UTF-8."));
        return std::nullopt;
    }
    if (!match->known_path) {
        respond(with, refuse(404, "Not Found"));
        return std::nullopt;
    }
    if (head.method == verb::options) {
        preflight(head, allowed_methods(parts->path), with);
        return std::nullopt;
    }
    if (match->row == nullptr) {
        respond(with, refuse(405, "Method Not Allowed"), false, "Allow: " + allowed_methods(parts->path) + "\r\n");
        return std::nullopt;
    }
    const auto& row = *match->row;
    if (head.announced > max_ignored_body_bytes && !row.takes_body()) {
        respond(with, refuse(413, "A body is not looked at here."), true);
        return std::nullopt;
    }
    admitted what{
        .row = &row,
        .parameter = std::move(match->parameter),
        .query = parts->query,
        .who = {},
        .sender = counted_for(sender_of(with.on().peer(), head.fields.forwarded_for, options_.trusted_proxies)),
        .secure = is_secure(head, with),
        .login = {}};
    if (const auto objection = objection_to_sender(head, row, what.secure)) {
        respond(with, *objection);
        return std::nullopt;
    }
    if (!row.open) {
        what.who = identify(head, what, with);
        if (!what.who) {
            return std::nullopt;
        }
    }
    return what;
}

/// A page of another name that resolves to this machine is how browsers are made to speak to it.
std::optional<refusal> gateway::objection_to_host(const request& head, const target_parts& parts) const {
    if (!parts.authority.empty() && head.has_host && !same_host(parts.authority, head.fields.host)) {
        return refuse(400, "The target and the Host field name two hosts.");
    }
    if (!head.has_host && parts.authority.empty()) {
        return std::nullopt;  // HTTP/1.0, which no browser speaks
    }
    if (!hosts_.allows(head.has_host ? std::string_view{head.fields.host} : parts.authority)) {
        return refuse(421,
                      "This gateway does not answer for that host. hosts of its configuration names those that it "
                      "answers for, each with its port where that is not the scheme's own.");
    }
    return std::nullopt;
}

bool gateway::is_secure(const request& head, const exchange& with) const {
    return with.on().secure() ||
           (head.fields.forwarded_proto == "https" && is_proxy(with.on().peer(), options_.trusted_proxies));
}

bool gateway::is_own_origin(const request& head, bool secure) const {
    const std::string_view scheme = secure ? "https://" : "http://";
    const std::string_view origin = head.fields.origin;
    if (!secure && origins_.allows("https://" + head.fields.host)) {
        return false;  // a proxy in front speaks TLS, so a page in clear is somebody else's
    }
    return origin.starts_with(scheme) && origin.substr(scheme.size()) == head.fields.host;
}

/// What a page of another origin makes a browser ask, unless that origin is listed.
std::optional<refusal> gateway::objection_to_page(const request& head, bool secure) const {
    const auto& fields = head.fields;
    const bool trusted_origin =
        !fields.origin.empty() && (is_own_origin(head, secure) || origins_.allows(fields.origin));
    if (!fields.origin.empty() && !trusted_origin) {
        return refuse_origin();
    }
    if (!trusted_origin && (fields.fetch_site == "cross-site" || fields.fetch_site == "same-site")) {
        return refuse(403, "Requests from other sites are not allowed here.");
    }
    return std::nullopt;
}

std::optional<refusal> gateway::objection_to_sender(const request& head, const route& row, bool secure) const {
    const auto& fields = head.fields;
    if (head.has_idempotency_key && unquoted(fields.idempotency_key).empty()) {
        return refuse(400, "An Idempotency-Key must not be empty.");
    }
    if (!row.changes() && !row.records && row.how != special::archive) {
        return std::nullopt;
    }
    if (head.has_idempotency_key && row.via != lane::change) {
        return refuse(400,
                      row.how == special::rpc
                          ? "An Idempotency-Key is not looked at here; give request_key among the parameters of a call."
                          : "An Idempotency-Key is not looked at here.");
    }
    if (auto objection = objection_to_page(head, secure)) {
        return objection;
    }
    if (fields.purpose.find("prefetch") != std::string::npos || fields.purpose.find("preview") != std::string::npos) {
        return refuse(403, "This leaves a record, so it is not done ahead of time.");
    }
    if (row.changes() && row.how != special::add_checkpoint && (head.has_body || head.has_content_type) &&
        !is_json(fields.content_type)) {
        return refuse(415, "The body has to be JSON, with Content-Type: application/json.");
    }
    if (fields.idempotency_key.size() > max_idempotency_key_bytes) {
        return refuse(400, "An Idempotency-Key has at most 128 bytes.");
    }
    return std::nullopt;
}

std::string gateway::validators_of(const request& whole) {
    constexpr std::size_t longest = 512;
    return whole.fields.if_none_match.size() <= longest ? whole.fields.if_none_match : std::string{};
}

void gateway::key_refused(const admitted& what, const exchange& with) {
    keys_.forget(*what.who);
    respond(with, refuse(401, "The key is not valid, or is not valid any more."));
}

void gateway::preflight(const request& head, const std::string& methods, const exchange& with) const {
    std::string fields = "Allow: " + methods + "\r\n";
    if (!head.fields.origin.empty() && !head.fields.asked_method.empty()) {
        if (!origins_.allows(head.fields.origin)) {
            respond(with, refuse_origin());
            return;
        }
        fields.append("Access-Control-Allow-Methods: ").append(methods).append("\r\n").append(preflight_fields);
    }
    with.respond({.status = 204, .fields = fields});
}

}  // namespace valhalla::http
