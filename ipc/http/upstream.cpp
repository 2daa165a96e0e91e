// SPDX-License-Identifier: Apache-2.0
//
// Connecting and asking. What comes back is taken in upstream_answers.cpp.
#include "ipc/http/upstream.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view request_begin = "{\"jsonrpc\":\"2.0\",\"id\":";
/// Sent behind a raw line: when it is answered, so is the line, if it is at all.
constexpr std::string_view fence_method = "cone.state";

void append_request(std::string& out, std::string_view id, std::string_view method, std::string_view params) {
    out.append(request_begin).append(id).append(",\"method\":\"").append(method).append("\",\"params\":");
    out.append(params).append("}\n");
}

/// What stands around the parameters.
constexpr std::size_t asked_envelope_bytes = 256;
constexpr std::string_view more_than_one_line =
    R"({"code":-32600,"message":"The request cannot be sent to the daemon as one line.",)"
    R"("data":{"kind":"invalid_request"}})";
constexpr std::string_view too_long_for_the_daemon =
    R"({"code":1500,"message":"The request is longer than what the daemon takes.","data":{"kind":"record_too_large"}})";

}  // namespace

upstream::upstream(boost::asio::io_context& io, std::string socket_path, std::string key,
                   std::shared_ptr<daemon_memory> memory)
    : io_{io}, path_{std::move(socket_path)}, key_{std::move(key)}, memory_{std::move(memory)} {
    std::random_device seed;
    nonce_ = (std::uint64_t{seed()} << 32U) | seed();
}

upstream::~upstream() {
    for (const auto& entry : waiting_) {
        memory_->used -= entry.charge;
    }
    memory_->used -= input_charge_;
}

/// A new entry, for a request of that many bytes: they are kept as they are sent, and by whoever asked.
upstream::awaited& upstream::expect(std::size_t bytes) {
    auto& entry = waiting_.emplace_back();
    entry.id = next_id_++;
    entry.since = clock::now();
    charge(entry, 2 * bytes + awaited_entry_bytes);
    return entry;
}

upstream::awaited upstream::take_front() {
    auto front = std::move(waiting_.front());
    waiting_.pop_front();
    memory_->used -= front.charge;
    return front;
}

void upstream::charge(awaited& entry, std::size_t bytes) {
    entry.charge += bytes;
    memory_->used += bytes;
}

/// False when there is no memory for an answer that long.
bool upstream::resize_input(std::size_t bytes) {
    const std::size_t beyond = bytes > own_answer_bytes ? bytes : 0;
    if (beyond > input_charge_ && memory_->used - input_charge_ + beyond > memory_->limit) {
        return false;
    }
    memory_->used = memory_->used - input_charge_ + beyond;
    input_charge_ = beyond;
    in_.resize(bytes);
    return true;
}

void upstream::ask(std::string_view method, std::string_view params, bool shared, answer_handler handler) {
    if (!is_one_line(params, handler)) {
        return;
    }
    if (shared && flush_wanted_ && !waiting_.empty()) {
        // Few different reads are asked in one turn: the newest are looked at first.
        const std::size_t most = 8;
        std::size_t looked_at = 0;
        for (auto one = waiting_.rbegin(); one != waiting_.rend() && !one->sent && looked_at < most;
             ++one, ++looked_at) {
            const auto& text = one->shared;
            if (text.size() == method.size() + params.size() && text.starts_with(method) && text.ends_with(params)) {
                charge(*one, awaited_entry_bytes);
                one->handlers.push_back(std::move(handler));
                return;
            }
        }
    }
    if (!may_ask(method.size() + params.size(), handler)) {
        return;
    }
    auto& entry = expect(method.size() + params.size());
    if (shared) {
        entry.shared.append(method).append(params);
    }
    entry.handlers.push_back(std::move(handler));
    append_request(out_, std::to_string(entry.id), method, params);
    want_flush();
}

void upstream::ask_raw(std::string_view line, raw_handler handler) {
    if (!is_one_line(line, handler) || !may_ask(line.size(), handler)) {
        return;
    }
    auto& entry = expect(line.size());
    entry.is_raw = true;
    entry.handlers.push_back(std::move(handler));
    out_.append(line) += '\n';
    append_request(out_, "\"" + std::to_string(nonce_) + "-" + std::to_string(entry.id) + "\"", fence_method, "{}");
    want_flush();
}

/// Two lines would be two requests, with an answer that is not awaited: everybody else's would be mixed up. And one
/// that is too long ends the connection for everybody. So it is looked at here again, whoever asks.
bool upstream::is_one_line(std::string_view text, const answer_handler& handler) {
    const bool too_long = text.size() + asked_envelope_bytes > memory_->line_bytes;
    if (!too_long && text.find('\n') == std::string_view::npos) {
        return true;
    }
    handler({.what = upstream_answer::outcome::error, .text = too_long ? too_long_for_the_daemon : more_than_one_line});
    return false;
}

bool upstream::may_ask(std::size_t bytes, const answer_handler& handler) {
    if (!connected_ && !key_refused_ && clock::now() >= next_attempt_) {
        connect();
    }
    if (!connected_) {
        handler(unasked());
        return false;
    }
    if (waiting_.size() >= max_awaited_answers || out_.size() + bytes > max_unsent_bytes ||
        memory_->used + 2 * bytes > memory_->limit) {
        handler({.what = upstream_answer::outcome::not_asked, .text = {}});
        return false;
    }
    return true;
}

/// Why nothing can be sent without a connection.
upstream_answer upstream::unasked() const noexcept {
    if (key_refused_) {
        return {.what = upstream_answer::outcome::key_refused, .text = {}};
    }
    const bool away = turned_away_.empty();
    return {.what = away ? upstream_answer::outcome::not_asked : upstream_answer::outcome::turned_away,
            .text = turned_away_};
}

// A Unix socket connects, or does not, at once.
bool upstream::connect() {
    next_attempt_ = clock::now() + reconnect_pause;
    key_pending_ = false;
    turned_away_.clear();
    auto socket = std::make_unique<unix_socket>(io_);
    boost::system::error_code fault;
    socket->open(boost::asio::local::stream_protocol{}, fault);
    if (!fault) {
        socket->non_blocking(true, fault);
    }
    if (!fault) {
        // Not by Asio, which would wait where the daemon's queue is full.
        const boost::asio::local::stream_protocol::endpoint to{path_};
        if (::connect(socket->native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0) {
            const int error = errno;
            if (error != EAGAIN) {  // its queue is full
                next_attempt_ = clock::now() + absent_pause;
            }
            memory_->reach.cannot_connect(error);
            return false;
        }
    }
    if (fault) {
        return false;
    }
    socket_ = std::move(socket);
    connected_ = true;
    writing_ = false;
    ++generation_;
    out_.clear();
    sending_.clear();
    sent_ = in_size_ = scanned_ = 0;
    std::string{}.swap(in_);
    static_cast<void>(resize_input(first_read_bytes));
    if (!key_.empty() && !present_key()) {
        connected_ = false;
        socket_->close(fault);
        return false;
    }
    read();
    return true;
}

bool upstream::present_key() {
    key_pending_ = true;
    std::string line;
    std::string params = "{\"key\":";
    ipc::append_quoted(params, key_);
    params += '}';
    const auto id = next_id_++;
    append_request(line, std::to_string(id), "auth.key", params);
    boost::system::error_code fault;
    // The connection is new, so a line that short goes at once or never. Where the daemon has turned us away already,
    // it has said why.
    if (socket_->write_some(boost::asio::buffer(line), fault) != line.size() &&
        fault != boost::asio::error::broken_pipe) {
        return false;
    }
    waiting_.push_front({.id = id,
                         .shared = {},
                         .handlers = {},
                         .raw = {},
                         .is_key = true,
                         .sent = true,
                         .since = clock::now(),
                         .charge = 0});
    return true;
}

void upstream::want_flush() {
    if (!std::exchange(flush_wanted_, true)) {
        // Behind everything that is ready now, so that its requests go along.
        boost::asio::post(io_, [self = shared_from_this()] { self->flush(); });
    }
}

void upstream::flush() {
    flush_wanted_ = false;
    if (!connected_ || key_pending_ || writing_ || out_.empty()) {
        return;
    }
    for (auto one = waiting_.rbegin(); one != waiting_.rend() && !one->sent; ++one) {
        one->sent = true;
    }
    boost::system::error_code fault;
    const std::size_t count = socket_->write_some(boost::asio::buffer(out_), fault);
    if (fault && fault != boost::asio::error::would_block) {
        lose();
        return;
    }
    if (count == out_.size()) {
        out_.clear();
        return;
    }
    sending_.swap(out_);
    out_.clear();
    sent_ = count;
    write_rest();
}

void upstream::write_rest() {
    writing_ = true;
    socket_->async_write_some(
        boost::asio::buffer(sending_) + sent_,
        [self = shared_from_this(), of = generation_](const boost::system::error_code& fault, std::size_t count) {
            if (of != self->generation_) {
                return;
            }
            self->writing_ = false;
            if (fault) {
                self->lose();
                return;
            }
            self->sent_ += count;
            if (self->sent_ < self->sending_.size()) {
                self->write_rest();
                return;
            }
            self->sending_.clear();
            self->flush();
        });
}

bool upstream::on_tick(clock::time_point now, std::chrono::milliseconds answer_time, bool reconnect) {
    if (!waiting_.empty() && now - waiting_.front().since > answer_time) {
        lose();
    }
    if (reconnect && !connected_ && !key_refused_ && now >= next_attempt_) {
        connect();
    }
    return connected_;
}

void upstream::lose() {
    ++generation_;
    connected_ = false;
    boost::system::error_code ignored;
    socket_->close(ignored);
    out_.clear();
    const auto lost = std::exchange(waiting_, {});
    for (const auto& entry : lost) {
        memory_->used -= entry.charge;
    }
    const auto why = turned_away_;  // a handler may connect again
    auto unsent = unasked();
    unsent.text = why;
    for (const auto& entry : lost) {
        const bool may_be_done = entry.sent && unsent.what != upstream_answer::outcome::key_refused;
        const auto told = may_be_done ? upstream_answer{.what = upstream_answer::outcome::lost, .text = {}} : unsent;
        for (const auto& handler : entry.handlers) {
            handler(told);
        }
    }
    if (on_lost_) {
        on_lost_();
    }
}

void upstream::observe(std::function<void(std::string_view)> notified, std::function<void()> lost) {
    notified_ = std::move(notified);
    on_lost_ = std::move(lost);
}

void upstream::close() {
    on_lost_ = nullptr;
    if (connected_) {
        lose();
    }
}

}  // namespace valhalla::http
