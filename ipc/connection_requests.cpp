// SPDX-License-Identifier: Apache-2.0
//
// What a connection does with requests, and how their answers get into order.
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "ipc/connection.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::ipc {

namespace {

rpc_error make_error(error_code code, std::string message) {
    return {code, std::move(message), {}};
}

/// Most bytes around a result: the members of the answer, a comma or bracket, the newline.
constexpr std::size_t envelope_bytes = 64;
/// The same around an error: its code and kind as well.
constexpr std::size_t error_envelope_bytes = 160;
/// Most bytes that one byte of text takes in JSON.
constexpr std::size_t escaped = 6;

std::size_t most_bytes_of(std::string_view id, const rpc_error& error) {
    return id.size() + escaped * error.message.size() + error.data_members.size() + error_envelope_bytes;
}

rpc_error no_memory() {
    return make_error(error_code::overloaded,
                      "the memory for answers is in use, so this one cannot be given; try again in a moment");
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
    void reply(std::string_view result_json) override {
        if (!std::exchange(settled_, true)) {
            on_.answer(method_.label(), id_, result_json);
        }
    }
    void fail(const rpc_error& error) override {
        if (!std::exchange(settled_, true)) {
            on_.tell_denied(method_.info().name, error);
            on_.answer(method_.label(), id_, error);
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
    batch_.reset();
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
    if (const auto error = rate_objection(*method, 1)) {
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
    return forbidden(fmt::format("{} needs the role {}; {} has the role {}", to.name, to_text(to.needs), peer_.name,
                                 to_text(peer_.granted)),
                     to.needs);
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
    const auto wait = host_.rates.take(peer_.uid, *rate, clock::now(), times);
    if (wait.count() == 0) {
        return std::nullopt;
    }
    rpc_error error = make_error(
        error_code::rate_limited,
        fmt::format("{} may be called {} by one user; try again in {} ms", name, rate_words(*rate), wait.count()));
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

void connection::begin_reply() {
    if (batch_) {
        out_ += std::exchange(batch_->any_reply, true) ? ',' : '[';
    }
}

void connection::end_reply() {
    if (!batch_) {
        out_ += '\n';
    }
}

// What a peer that reads can always be sent: together with what makes us pause it stays below what makes us close.
std::size_t connection::most_result_bytes() const noexcept {
    return host_.bounds.output_close_bytes - host_.bounds.output_pause_bytes;
}

rpc_error connection::too_large(std::size_t bytes) const {
    return make_error(error_code::internal_error,
                      fmt::format("the answer has {} bytes, more than the {} that are sent at once; ask for less",
                                  bytes, most_result_bytes()));
}

/// Answers a request that never had a ticket.
template <class Append>
void connection::answer_now(std::string_view id, std::size_t most_bytes, const Append& append) {
    if (in_flight() > 0) {
        answer_later(take_ticket(id), most_bytes, append);
    } else if (!id.empty()) {
        if (!make_room(most_bytes)) {
            overrun();
            return;
        }
        begin_reply();
        append(out_, id);
        end_reply();
    }
}

template <class Append>
void connection::answer_later(std::uint64_t ticket, std::size_t most_bytes, const Append& append) {
    pending_reply& s = slot_of(ticket);
    s.answered = true;
    if (ticket != head_) {
        s.reply.clear();
        if (!s.id.empty()) {
            append(s.reply, s.id);
            flight_bytes_ += s.reply.size();
        }
        return;
    }
    if (!s.id.empty()) {
        if (!make_room(most_bytes)) {
            overrun();
            return;
        }
        begin_reply();
        append(out_, s.id);
        end_reply();
    }
    forget_slot(s);
    ++head_;
    release_answered();
}

void connection::release_answered() {
    for (; head_ != tail_ && slot_of(head_).answered; ++head_) {
        pending_reply& s = slot_of(head_);
        if (!s.id.empty()) {
            if (!make_room(s.reply.size() + envelope_bytes)) {
                overrun();
                return;
            }
            begin_reply();
            out_ += s.reply;
            end_reply();
        }
        forget_slot(s);
    }
}

/// The slot is free again, and keeps no more than is usual.
void connection::forget_slot(pending_reply& s) {
    if (!s.reply.empty()) {
        flight_bytes_ -= s.reply.size();
        std::string{}.swap(s.reply);
    }
    if (s.id.size() > short_id_bytes) {
        flight_bytes_ -= s.id.size();
        std::string{}.swap(s.id);
    }
}

void connection::answer(const method_label& of, std::string_view id, std::string_view result_json) {
    if (result_json.size() > most_result_bytes()) {
        answer(of, id, too_large(result_json.size()));
        return;
    }
    const std::size_t bytes = id.size() + result_json.size() + envelope_bytes;
    if (in_flight() == 0 && !id.empty() && !make_room(bytes)) {
        answer(of, id, no_memory());  // nothing that is answered at once changes anything
        return;
    }
    count(of, std::nullopt);
    answer_now(id, bytes, [&](std::string& out, std::string_view to) { append_result(out, to, result_json); });
}

void connection::answer(const method_label& of, std::string_view id, const rpc_error& error) {
    count(of, error.code);
    answer_now(id, most_bytes_of(id, error),
               [&](std::string& out, std::string_view to) { append_failure(out, to, error); });
}

/// Of a request that is answered in the turn that read it.
void connection::count(const method_label& of, std::optional<error_code> error) {
    counted_->count(of, error);
    if (of.number != 0) {
        ++turn_answers_[place_of(of.kind)];
    }
}

/// Also of who has hung up: what he asked for was done. Does not need the host, which may be gone.
void connection::count_deferred(std::uint64_t ticket, std::optional<error_code> error) {
    if (ticket < head_ || ticket >= tail_ || slot_of(ticket).answered) {
        return;
    }
    const auto& s = slot_of(ticket);
    if (in_turn_) {
        count(s.method, error);
        return;
    }
    counted_->count(s.method, error);
    if (!closed_) {
        counted_->delivered(s.method.kind, s.since);
    }
}

connection::clock::time_point connection::turn_time() {
    if (!turn_began_) {
        turn_began_ = clock::now();
    }
    return *turn_began_;
}

std::uint64_t connection::take_ticket(std::string_view id) {
    if (slots_.empty()) {
        slots_.resize(host_.bounds.in_flight + 1);  // one more for last words
    }
    pending_reply& s = slot_of(tail_);
    s.id.assign(id);
    if (id.size() > short_id_bytes) {
        flight_bytes_ += id.size();
    }
    s.answered = false;
    return tail_++;
}

reply_handle connection::defer(std::string_view id, const bound_method& method) {
    flight_effect_ = method.info().kind;
    const std::uint64_t ticket = take_ticket(id);
    slot_of(ticket).method = method.label();
    slot_of(ticket).since = turn_time();
    return {shared_from_this(), ticket};
}

/// Does not need the host, which may be gone.
void connection::tell_denied(std::string_view method, const rpc_error& error) const {
    if (error.code == error_code::forbidden) {
        (*denials_)({peer_, method, error.needs});
    }
}

pending_reply* connection::waiting(std::uint64_t ticket) noexcept {
    if (closed_ || ticket < head_ || ticket >= tail_ || slot_of(ticket).answered) {
        return nullptr;
    }
    return &slot_of(ticket);
}

/// Answers can come faster than turns do. What is over is not kept, and the next turn closes.
bool connection::has_room(std::size_t bytes) {
    overrun_ = overrun_ || out_.size() + sending_.size() + bytes > host_.bounds.output_close_bytes;
    return !overrun_;
}

void connection::deliver(std::uint64_t ticket, std::string_view result_json) {
    if (waiting(ticket) == nullptr) {
        count_deferred(ticket, std::nullopt);
        return;  // perhaps closed, and then the host may be gone
    }
    if (result_json.size() > most_result_bytes()) {
        deliver_error(ticket, too_large(result_json.size()));
        return;
    }
    if (!has_room(result_json.size())) {
        count_deferred(ticket, std::nullopt);
        ask_for_turn();
        return;
    }
    const std::size_t bytes = slot_of(ticket).id.size() + result_json.size() + envelope_bytes;
    if (flight_effect_ == effect::query && ticket == head_ && !make_room(bytes)) {
        deliver_error(ticket, no_memory());
        return;
    }
    count_deferred(ticket, std::nullopt);
    answer_later(ticket, bytes, [&](std::string& out, std::string_view to) { append_result(out, to, result_json); });
    ask_for_turn();
}

void connection::deliver_error(std::uint64_t ticket, const rpc_error& error) {
    if (ticket >= head_ && ticket < tail_ && !slot_of(ticket).answered) {
        tell_denied(slot_of(ticket).method.name, error);  // also of who has hung up
    }
    count_deferred(ticket, error.code);
    if (waiting(ticket) == nullptr) {
        return;
    }
    if (has_room(error.message.size() + error.data_members.size())) {
        answer_later(ticket, most_bytes_of(slot_of(ticket).id, error),
                     [&](std::string& out, std::string_view to) { append_failure(out, to, error); });
    }
    ask_for_turn();
}

void connection::ask_for_turn() {
    if (!in_turn_ && !std::exchange(turn_wanted_, true)) {
        host_.wants_turn(shared_from_this());
    }
}

}  // namespace valhalla::ipc
