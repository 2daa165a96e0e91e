// SPDX-License-Identifier: Apache-2.0
//
// How the answers of a connection get into order, whenever they come, and are counted.
#include <utility>

#include <fmt/format.h>

#include "ipc/connection.hpp"

namespace valhalla::ipc {

namespace {

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
    return {error_code::overloaded,
            "the memory for answers is in use, so this one cannot be given; try again in a moment",
            {}};
}

}  // namespace

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
    return {error_code::internal_error,
            fmt::format("the answer has {} bytes, more than the {} that are sent at once; ask for less", bytes,
                        most_result_bytes()),
            {}};
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
    if (in_flight() == 0 && flight_effect_ == effect::change && ++quiet_rounds_ > most_quiet_rounds) {
        quiet_rounds_ = 0;
    }
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
    if (error.needs != role::none) {
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

}  // namespace valhalla::ipc
