// SPDX-License-Identifier: Apache-2.0
//
// What a connection does with requests.
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "ipc/connection.hpp"
#include "ipc/excerpt.hpp"

namespace valhalla::ipc {

namespace {

rpc_error make_error(error_code code, std::string message) {
    return {code, std::move(message), {}};
}

}  // namespace

/// The request that is being handled right now; lives on the stack.
class live_call final : public call {
  public:
    live_call(connection& on, const request& req, const bound_method& method) noexcept
        : on_{on}, id_{req.id}, method_{method}, what_{.method = req.method, .params = req.params, .request_key = {}} {}

    [[nodiscard]] const asked& what() const noexcept override { return what_; }
    void set_request_key(std::string key) override { what_.request_key = std::move(key); }

    [[nodiscard]] const peer& who() const noexcept override { return on_.who(); }
    [[nodiscard]] std::optional<rpc_error> objection(const bound_method& other, std::size_t times) override {
        auto error = on_.role_objection(other.info());
        return error ? error : on_.rate_objection(other, times);
    }
    [[nodiscard]] std::optional<rpc_error> act_as(key_identity whom) override { return on_.act_as(std::move(whom)); }
    void reply(std::string_view result_json) override {
        if (!std::exchange(settled_, true)) {
            on_.answer(method_.label(), id_, result_json);
        }
    }
    void fail(const rpc_error& error) override {
        if (!std::exchange(settled_, true)) {
            on_.tell_denied(method_.info().name, error);
            const bool counts = method_.info().rate_of_denials && error.needs != role::none;
            const auto too_often = counts ? on_.rate_objection(method_, 1) : std::nullopt;
            on_.answer(method_.label(), id_, too_often ? *too_often : error);
        }
    }
    [[nodiscard]] reply_handle defer() override {
        return std::exchange(settled_, true) ? reply_handle{} : on_.defer(id_, method_);
    }
    [[nodiscard]] std::shared_ptr<push_channel> channel() override { return on_.shared_from_this(); }
    [[nodiscard]] bool settled() const noexcept { return settled_; }

  private:
    connection& on_;
    std::string_view id_;
    const bound_method& method_;
    asked what_;
    bool settled_ = false;
};

connection::progress connection::step() {
    if (ending_ || overrun_) {
        return progress::starved;
    }
    if (in_flight() > 0 && (barrier_ || in_flight() >= host_.bounds.in_flight || flight_bytes_ >= own_flight_bytes)) {
        return progress::held_up;
    }
    if (const std::size_t unread = unsent();
        unread >= scarce_pause_bytes && (unread >= host_.bounds.output_pause_bytes || host_.budget.scarce())) {
        return progress::held_up;
    }
    barrier_ = false;
    if (batch_) {
        return step_batch(*batch_);
    }
    const auto line = in_.line();
    if (in_.overlong()) {
        end_with(make_error(error_code::parse_error,
                            fmt::format("a line must have at most {} bytes", host_.bounds.line_bytes)));
        return progress::starved;
    }
    if (!line) {
        return progress::starved;
    }
    static_cast<void>(turn_time());
    parse_request(*line, host_.scratch, false, host_.line);
    if (host_.line.what == parse_outcome::batch) {
        return begin_batch(*line);
    }
    if (!carry_out(host_.line)) {
        barrier_ = true;
        return progress::held_up;
    }
    in_.consume();
    line_since_.reset();
    return progress::done;
}

connection::progress connection::begin_batch(std::string_view line) {
    if (in_flight() > 0) {
        barrier_ = true;
        return progress::held_up;
    }
    batch_.emplace();
    rpc_error error;
    if (!split_batch(line, host_.bounds.batch, host_.scratch, batch_->elements, error)) {
        batch_.reset();
        answer({}, null_id, error);
        in_.consume();
    }
    line_since_.reset();
    return progress::done;
}

connection::progress connection::step_batch(running_batch& b) {
    static_cast<void>(turn_time());
    if (b.next < b.elements.size()) {
        parse_request(b.elements[b.next], host_.scratch, true, host_.line);
        if (!carry_out(host_.line)) {
            barrier_ = true;
            return progress::held_up;
        }
        ++b.next;
        return progress::done;
    }
    if (in_flight() > 0) {
        barrier_ = true;
        return progress::held_up;
    }
    if (b.any_reply) {
        out_ += "]\n";
    }
    const auto pushed = std::move(b.pushed);
    batch_.reset();
    if (!pushed.empty()) {
        push(pushed);
    }
    in_.consume();
    return progress::done;
}

// False when the request has to wait; then nothing happened.
bool connection::carry_out(const parsed_line& line) {
    if (line.what == parse_outcome::mistaken) {
        answer({}, line.id, line.error);
        return true;
    }
    const request& req = line.req;
    const bound_method* const method = host_.table.find(req.method);
    if (method == nullptr) {
        const std::string_view nearest = host_.table.nearest(req.method);
        rpc_error error = make_error(error_code::method_not_found,
                                     fmt::format("no method \"{}\"", excerpt(req.method, max_excerpt_bytes)));
        if (!nearest.empty()) {
            error.message += fmt::format("; did you mean \"{}\"?", nearest);
            append_text_member(error.data_members, "nearest", nearest);
        }
        answer({}, req.id, error);
        return true;
    }
    const method_info& info = method->info();
    if (const auto error = role_objection(info)) {
        tell_denied(info.name, *error);
        answer(method->label(), req.id, *error);
        return true;
    }
    if (draining_) {
        answer(method->label(), req.id,
               make_error(error_code::shutting_down, "the daemon is stopping; the request was not executed"));
        return true;
    }
    if (!may_start(info.kind)) {
        return false;
    }
    if (const auto error = info.rate_of_denials ? std::nullopt : rate_objection(*method, 1)) {
        answer(method->label(), req.id, *error);
        return true;
    }
    run(*method, req);
    return true;
}

std::optional<rpc_error> connection::role_objection(const method_info& to) const {
    if (peer_.granted >= to.needs) {
        return std::nullopt;
    }
    if (peer_.granted == role::none) {
        return no_role(to.needs);
    }
    return forbidden(fmt::format("{} needs the role {}; {} has the role {}", to.name, to_text(to.needs), peer_.name,
                                 to_text(peer_.granted)),
                     to.needs);
}

/// A key that ends leaves no way back to what the peer may do without one: who came with it must not gain by that.
rpc_error connection::no_role(role needed) const {
    if (!peer_.key.empty()) {
        return {error_code::invalid_key,
                fmt::format("the key of {} was revoked or has expired; authenticate with another", peer_.name),
                {},
                needed};
    }
    return forbidden(
        fmt::format("{} has no role here; ask an owner for one, or authenticate with a key (auth.key)", peer_.name),
        needed);
}

std::optional<rpc_error> connection::act_as(key_identity whom) {
    peer next{peer_.uid,        peer_.gid,          std::move(whom.name), whom.granted,
              peer_.connection, std::move(whom.id), whom.holder};
    if (auto error = host_.change_user(*this, next.user())) {
        return error;
    }
    peer_ = std::move(next);
    no_role_since_.reset();
    return std::nullopt;
}

/// Once a turn is enough: keys change between turns, on this thread.
void connection::look_at_key() {
    if (peer_.key.empty()) {
        return;
    }
    take_role(host_.role_of_key(peer_.key));
}

void connection::take_role(role granted) {
    peer_.granted = granted;
    if (granted != role::none) {
        no_role_since_.reset();
    } else if (!no_role_since_) {
        no_role_since_ = clock::now();
    }
}

void connection::change_role(role granted) {
    if (peer_.key.empty()) {
        take_role(granted);
    }
}

/// Counts the calls; who calls too often is told when to come again.
std::optional<rpc_error> connection::rate_objection(const bound_method& to, std::size_t times) {
    const auto* const rate = to.rate();
    if (rate == nullptr) {
        return std::nullopt;
    }
    const std::string_view name = to.info().name;
    if (times > static_cast<std::size_t>(rate->calls)) {
        return make_error(error_code::invalid_params, fmt::format("{} may be called {} by one user, not {} at once",
                                                                  name, rate_words(*rate), times));
    }
    // What is denied counts as the peer's, whatever the key that he came with before.
    const bool of_denials = to.info().rate_of_denials;
    const auto wait = host_.rates.take(of_denials ? user_id{peer_.uid} : peer_.user(), *rate, clock::now(), times);
    if (wait.count() == 0) {
        return std::nullopt;
    }
    rpc_error error =
        make_error(error_code::rate_limited,
                   fmt::format("{} may be {} {} by one user; try again in {} ms", name,
                               of_denials ? "called in vain" : "called", rate_words(*rate), wait.count()));
    error.data_members = fmt::format(R"("retry_after_ms":{})", wait.count());
    return error;
}

bool connection::may_start(effect kind) const noexcept {
    return in_flight() == 0 || (kind == effect::change && flight_effect_ == effect::change);
}

void connection::run(const bound_method& method, const request& req) {
    live_call c{*this, req, method};
    try {
        method.run(req.params, host_.params_scratch, c);
        if (c.settled()) {
            return;
        }
        host_.report(fmt::format("{}: the handler gave no answer", method.info().name));
    } catch (const std::exception& fault) {
        host_.report(fmt::format("{}: {}", method.info().name, fault.what()));
    }
    c.fail(make_error(error_code::internal_error,
                      fmt::format("{} failed inside the daemon; its log says why", method.info().name)));
}

}  // namespace valhalla::ipc
