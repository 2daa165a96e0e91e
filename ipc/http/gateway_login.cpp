// SPDX-License-Identifier: Apache-2.0
//
// Who asks: by a key in the request, or by the cookie of a login. And logging in and out.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "ipc/http/call_params.hpp"
#include "ipc/http/gateway.hpp"
#include "ipc/http/json_members.hpp"

namespace valhalla::http {

namespace {

/// The key that the body of a login has; empty without one. A 422 where the body is not as described.
struct key_in_body {
    std::string key;
    std::string problems;
};

[[nodiscard]] key_in_body read_key(const route& row, const std::vector<query_parameter>& query, std::string_view body) {
    const auto built = params_of(row, {{}, query, body, {}});
    if (!built.problems.empty()) {
        return {.key = {}, .problems = problems_body(built.problems)};
    }
    const auto members = json_members::of(built.json);
    const auto value = members ? (*members)["key"] : std::string_view{};
    if (!value.empty() && !value.starts_with('"')) {
        return {.key = {}, .problems = problems_body({{"body", "key", "str type expected", "type_error.str"}})};
    }
    return {.key = json_text(value), .problems = {}};
}

/// `{"operator":"anna","role":"operator","csrf":"…","ends_in_s":43200}`; nulls without a login.
[[nodiscard]] std::string login_body(const json_members& info, const login_book::login* login,
                                     login_book::clock::time_point now) {
    std::string out = "{";
    append_member(out, "operator", info["operator"]);
    append_member(out, "role", info["role"]);
    if (login == nullptr) {
        return out.append(R"(,"csrf":null,"ends_in_s":null})");
    }
    const auto left = std::chrono::ceil<std::chrono::seconds>(login->ends - now);
    append_member(out, "csrf", "\"" + login->csrf + "\"");
    append_member(out, "ends_in_s", std::to_string(left.count()));
    return out.append("}");
}

}  // namespace

std::shared_ptr<identity> gateway::identify(const request& head, admitted& what, const exchange& with) {
    const auto& key = head.fields.key;
    if (!key.empty()) {
        return identity_of(keys_.find(key, what.sender, key_ring::clock::now()), with);
    }
    if (const auto cookie = cookie_value(head.fields.cookie, login_cookie_name(what.secure))) {
        return identify_by_login(head, what, *cookie, with);
    }
    if (needs_no_key()) {
        return own_;
    }
    respond(with, refuse(401, "This needs a key in X-VALHALLA-KEY."));
    return nullptr;
}

/// A cookie comes along by itself, whoever makes the browser ask. So it opens reads, and changes only together with the
/// token that pages of other sites cannot know.
std::shared_ptr<identity> gateway::identify_by_login(const request& head, admitted& what, std::string_view cookie,
                                                     const exchange& with) {
    if (what.row->records) {
        respond(with, refuse(401, "This leaves a record although it is a GET: it needs a key in X-VALHALLA-KEY."));
        return nullptr;
    }
    // Strict cookies still come with what pages of other ports and neighbouring names ask.
    if (const auto objection = objection_to_page(head, what.secure)) {
        respond(with, *objection);
        return nullptr;
    }
    // Not as the user who runs the gateway either. Without the cookie the browser begins anew.
    const auto refuse_ended = [&] {
        respond(with, refuse(401, "The login has ended. Log in again."), false, end_cookie_line(what.secure));
    };
    const auto now = login_book::clock::now();
    const auto* const login = logins_.find(cookie, now);
    if (login == nullptr) {
        refuse_ended();
        return nullptr;
    }
    if (what.row->changes() && !same_secret(head.fields.csrf, login->csrf)) {
        respond(with, refuse(403, "A change by a login needs the login's token in X-VALHALLA-CSRF."));
        return nullptr;
    }
    const auto holder = keys_.of_login(std::string{login->key}, now);  // which ends the login when the key is refused
    if (holder.what == key_ring::outcome::no_key) {
        refuse_ended();
        return nullptr;
    }
    what.login = cookie;
    return identity_of(holder, with);
}

std::shared_ptr<identity> gateway::identity_of(const key_ring::found& found, const exchange& with) const {
    switch (found.what) {
        case key_ring::outcome::found: return found.who->who;
        case key_ring::outcome::own: return own_;
        case key_ring::outcome::no_key: respond(with, refuse(401, "The key is not a valid key.")); break;
        case key_ring::outcome::too_often: {
            auto refused = refuse(429, "Too many keys were tried from this address. Try again later.");
            refused.retry_after_s = static_cast<unsigned long>(key_ring::try_time.count());
            respond(with, refused);
            break;
        }
        case key_ring::outcome::too_many: respond(with, refuse(503, "Too many keys are in use at once.")); break;
    }
    return nullptr;
}

void gateway::log_in(const admitted& what, const request& whole, const exchange& with) {
    const auto query = parse_query(what.query);
    if (!query) {
        respond(with, refuse(400, "The query is not valid percent-encoded UTF-8, or has too many parameters."));
        return;
    }
    const auto given = read_key(*what.row, *query, whole.body);
    if (!given.problems.empty()) {
        with.respond({.status = 422, .body = given.problems});
        return;
    }
    if (given.key.empty() && !needs_no_key()) {
        with.respond(
            {.status = 422, .body = problems_body({{"body", "key", "field required", "value_error.missing"}})});
        return;
    }
    auto asking = what;
    asking.who =
        given.key.empty() ? own_ : identity_of(keys_.find(given.key, what.sender, key_ring::clock::now()), with);
    if (!asking.who) {
        return;
    }
    const auto before = cookie_value(whole.fields.cookie, login_cookie_name(what.secure));
    tell_login(asking, with, given.key, std::string{before.value_or(std::string_view{})});
}

/// With a `key` a login begins when the daemon knows the key, in the place of `before`; without one nothing does.
void gateway::tell_login(const admitted& what, const exchange& with, const std::string& key,
                         const std::string& before) {
    what.who->via(lane::read)
        .ask("daemon.info", "{}", true, [this, what, with, key, before](const upstream_answer& answer) {
            if (answer.what != upstream_answer::outcome::result) {
                answered(what, {}, with, answer);
                return;
            }
            keys_.prove(*what.who, what.sender);
            const auto info = json_members::of(answer.text);
            if (!info) {
                respond(with, refuse(500, "The daemon's answer is not of the expected form."));
                return;
            }
            const auto now = login_book::clock::now();
            if (key.empty()) {
                with.respond({.body = login_body(*info, logins_.find(what.login, now), now)});
                return;
            }
            logins_.end(before);
            const auto made = logins_.begin(key, now);
            with.respond(
                {.body = login_body(*info, made.what, now), .fields = login_cookie_line(made.cookie, what.secure)});
        });
}

void gateway::log_out(const admitted& what, const exchange& with) {
    const bool there = !what.login.empty();
    logins_.end(what.login);
    with.respond({.body = there ? R"({"ended":true})" : R"({"ended":false})", .fields = end_cookie_line(what.secure)});
}

}  // namespace valhalla::http
