// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the daemon for a request that may go on, and how its answer is told.
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <tuple>
#include <utility>

#include "ipc/http/call_params.hpp"
#include "ipc/http/gateway.hpp"
#include "ipc/http/json_members.hpp"
#include "ipc/http/shapes.hpp"
#include "ipc/json_text.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::http {

namespace {

std::string rpc_error_line(std::string_view id, int code, std::string_view kind, std::string_view message) {
    std::string out = "{\"jsonrpc\":\"2.0\",\"id\":";
    out.append(id).append(",\"error\":{\"code\":").append(std::to_string(code)).append(",\"message\":");
    ipc::append_quoted(out, message);
    return out.append(",\"data\":{\"kind\":\"").append(kind).append("\"}}}");
}

/// Methods that are about the connection, which many share here.
[[nodiscard]] bool is_about_the_connection(std::string_view request) {
    const auto members = json_members::of_request(request);
    if (!members) {
        return false;
    }
    const auto method = json_text((*members)["method"]);
    return method == "audit.follow" || method == "audit.unfollow" || method.starts_with("auth.");
}

/// A member could be `method` for the daemon and not for us.
[[nodiscard]] bool has_escaped_names(std::string_view request) {
    const auto members = json_members::of_request(request);
    return members && std::ranges::any_of(members->all(), [](const auto& one) {
               return one.name.find('\\') != std::string_view::npos;
           });
}

/// Whether an answer, or each of a batch's, is that the key is not valid.
[[nodiscard]] bool is_refused_key(std::string_view line) {
    const auto answers = line.starts_with('[') ? json_elements(line) : std::vector<std::string_view>{line};
    return answers && !answers->empty() && std::ranges::all_of(*answers, [](std::string_view one) {
               const auto answer = json_members::of(one);
               const auto error = answer ? json_members::of((*answer)["error"]) : std::nullopt;
               const auto data = error ? json_members::of((*error)["data"]) : std::nullopt;
               return data && (*data)["kind"] == "\"invalid_key\"";
           });
}

/// As the daemon writes times.
std::string utc_now() {
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    const std::time_t whole = std::chrono::system_clock::to_time_t(second);
    std::tm parts{};
    std::ignore = ::gmtime_r(&whole, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    const auto micros = std::to_string((now - second).count());
    return std::string{text.data(), size}.append(6 - micros.size(), '0').append(micros).append("Z");
}

/// Notes of a session that did not end are repeated in the answer; the daemon refuses longer ones.
constexpr std::size_t max_repeated_body_bytes = std::size_t{64} << 10U;

[[nodiscard]] bool may_be_zipped(const route& row, const shaped_answer& shaped) noexcept {
    return row.method == verb::get && shaped.cache_control != "no-store" &&
           shaped.content_type != "application/octet-stream" && shaped.body.size() > gzip_from_bytes;
}

}  // namespace

void gateway::handle(const request& whole, const exchange& with) {
    const auto what = admit(whole, with);
    if (!what) {
        return;
    }
    switch (what->row->how) {
        case special::health_check: check_health(with); return;
        case special::rpc: rpc(*what, whole, with); return;
        case special::none:
        case special::end_session: call(*what, whole, with); return;
        case special::tile: tile(*what, whole, with); return;
        case special::add_checkpoint: add_checkpoint(*what, whole, with); return;
        case special::stream: stream(*what, whole, with); return;
        case special::login:
            if (what->row->changes()) {
                log_in(*what, whole, with);
            } else {
                tell_login(*what, with, {}, {});
            }
            return;
        case special::logout: log_out(*what, with); return;
        case special::archive: archive(*what, whole, with); return;
    }
}

void gateway::call(const admitted& what, const request& whole, const exchange& with) {
    const auto& row = *what.row;
    const auto key = unquoted(whole.fields.idempotency_key);
    asked by{.if_none_match = validators_of(whole),
             .gzip = accepts_gzip(whole.fields.accept_encoding),
             .has_body = whole.has_body,
             .has_request_key = !key.empty(),
             .body = {}};
    std::string params = "{}";
    if (!row.params.empty() || !row.fixed.empty() || (!row.lenient && !what.query.empty())) {
        if (!ipc::is_utf8(key)) {
            respond(with, refuse(400, "The Idempotency-Key is not valid UTF-8."));
            return;
        }
        const auto query = parse_query(what.query);
        if (!query) {
            respond(with, refuse(400, "The query is not valid percent-encoded UTF-8, or has too many parameters."));
            return;
        }
        auto built = params_of(row, {what.parameter, *query, whole.body, key});
        if (!built.problems.empty()) {
            with.respond({.status = 422, .body = problems_body(built.problems)});
            return;
        }
        params = std::move(built.json);
    }
    if (row.how == special::end_session && params.size() <= max_repeated_body_bytes) {
        by.body = params;
    }
    what.who->via(row.via).ask(
        row.rpc, params, row.via == lane::read,
        [this, what, by = std::move(by), with](const upstream_answer& answer) { answered(what, by, with, answer); });
}

void gateway::answered(const admitted& what, const asked& by, const exchange& with, const upstream_answer& answer) {
    const auto& row = *what.row;
    switch (answer.what) {
        case upstream_answer::outcome::result:
            keys_.prove(*what.who, what.sender);
            tell(what, by, with, answer.text);
            return;
        case upstream_answer::outcome::error: {
            const auto refused = refusal_of(answer.text, row, by.has_body);
            if (row.how == special::end_session && refused.kind == "no_active_session") {
                ended_nothing(what, by, with);
            } else if (refused.kind == "invalid_key") {
                key_refused(what, with);
            } else {
                respond(with, refused);
            }
            return;
        }
        case upstream_answer::outcome::not_asked: respond(with, away()); return;
        case upstream_answer::outcome::lost:
            respond(with, row.via == lane::change ? outcome_unknown(by.has_request_key) : away());
            return;
        case upstream_answer::outcome::key_refused: key_refused(what, with); return;
        case upstream_answer::outcome::turned_away: respond(with, turned_away(answer.text)); return;
    }
}

void gateway::tell(const admitted& what, const asked& by, const exchange& with, std::string_view result) {
    const auto& row = *what.row;
    auto* const made = what.who->prepare(row, result, not_kept_);
    if (made == nullptr) {
        respond(with, refuse(500, "The daemon's answer is not of the expected form."));
        return;
    }
    response answer{.body = made->shaped.body,
                    .content_type = made->shaped.content_type,
                    .cache_control = made->shaped.cache_control};
    if (row.method == verb::post) {
        answer.cache_control = "no-store";
        with.respond(answer);
        return;
    }
    if (answer.cache_control == "no-store") {
        with.respond(answer);
        return;
    }
    answer.etag = made->etag;
    if (may_be_zipped(row, made->shaped)) {
        answer.fields = "Vary: Accept-Encoding\r\n";
        if (by.gzip) {
            zip(*made);
            if (!made->zipped.empty()) {
                answer.body = made->zipped;
                answer.etag = made->zipped_etag;
                answer.fields = "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n";
            }
        }
    }
    if (names_etag(by.if_none_match, answer.etag)) {
        answer.status = 304;
        answer.fields = "Vary: Accept-Encoding\r\n";
    }
    with.respond(answer);
}

/// The program before answered 200 to an end of nothing, and stamped a new end on the session that had ended. Here
/// nothing is changed.
void gateway::ended_nothing(const admitted& what, const asked& by, const exchange& with) {
    what.who->via(lane::read).ask("session.status", "{}", true, [this, what, by, with](const upstream_answer& answer) {
        if (answer.what != upstream_answer::outcome::result) {
            auto of_status = what;
            of_status.row = all_routes().data();
            answered(of_status, by, with, answer);
            return;
        }
        const auto params = json_members::of(by.body);
        shaped_answer shaped;
        if (shape_nothing_ended(answer.text, params ? (*params)["notes"] : std::string_view{}, utc_now(), shaped)) {
            with.respond({.body = shaped.body});
        } else {
            respond(with, refuse(500, "The daemon's answer is not of the expected form."));
        }
    });
}

/// What GET /core/export streams. It has the daemon write the set, of which there is one: so one at a time.
void gateway::archive(const admitted& what, const request& whole, const exchange& with) {
    if (whole.version < 11) {
        respond(with, refuse(505, "The archive is sent in chunks, which HTTP/1.0 does not have."), true);
        return;
    }
    if (whole.method == verb::head) {
        with.respond({.content_type = "application/x-tar", .close = true});
        return;
    }
    if (archive_ && !archive_->over()) {
        respond(with, refuse(503, "Another archive is being sent. Try again in a moment."));
        return;
    }
    archive_ = std::make_shared<export_archive>(
        what.who->separate_line(), with,
        [this, what, with](const upstream_answer& answer) { answered(what, {}, with, answer); });
    archive_->start();
}

void gateway::check_health(const exchange& with) const {
    health_->ask([this, with](bool answers) {
        if (answers) {
            with.respond({.body = R"({"status":"ok"})"});
        } else {
            respond(with, away());
        }
    });
}

void gateway::rpc(const admitted& what, const request& whole, const exchange& with) {
    const auto refuse_line = [&with](std::string_view id, int code, std::string_view kind, std::string_view message) {
        with.respond({.body = rpc_error_line(id, code, kind, message)});
    };
    const auto elements = elements_of_request(whole.body);
    const auto single = elements ? std::nullopt : json_members::of_request(whole.body);
    if (!elements && !single) {
        const auto problem = problem_with_json(whole.body);
        refuse_line("null", problem ? -32700 : -32600, problem ? "parse_error" : "invalid_request",
                    problem
                        ? "The body is not valid JSON: " + problem->what + " at byte " + std::to_string(problem->offset)
                        : std::string{"The body is neither a request nor a batch."});
        return;
    }
    const auto requests = elements ? *elements : std::vector<std::string_view>{whole.body};
    if (std::ranges::any_of(requests, has_escaped_names)) {
        refuse_line("null", -32600, "invalid_request", "The names of a request's members are written without escapes.");
        return;
    }
    if (std::ranges::any_of(requests, is_about_the_connection)) {
        const auto id = single ? (*single)["id"] : std::string_view{};
        refuse_line(
            id.empty() ? "null" : id, -32601, "method_not_found",
            "audit.follow, audit.unfollow and auth.key are about a connection of their own; follow the trail at "
            "/core/audit/stream");
        return;
    }
    std::string line;
    ipc::append_minified(line, whole.body);
    what.who->via(lane::query).ask_raw(line, [this, what, with](const upstream_answer& answer) {
        switch (answer.what) {
            case upstream_answer::outcome::result:
                if (is_refused_key(answer.text)) {
                    key_refused(what, with);
                    return;
                }
                keys_.prove(*what.who, what.sender);
                with.respond({.status = answer.text.empty() ? 204 : 200, .body = answer.text});
                return;
            case upstream_answer::outcome::error: respond(with, refusal_of(answer.text, *what.row, true)); return;
            case upstream_answer::outcome::not_asked: respond(with, away()); return;
            case upstream_answer::outcome::lost: respond(with, outcome_unknown(false)); return;
            case upstream_answer::outcome::key_refused: key_refused(what, with); return;
            case upstream_answer::outcome::turned_away: respond(with, turned_away(answer.text)); return;
        }
    });
}

}  // namespace valhalla::http
