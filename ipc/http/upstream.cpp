// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/upstream.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

constexpr std::size_t first_read_bytes = std::size_t{16} << 10U;
constexpr std::string_view answer_begin = "{\"jsonrpc\":\"2.0\",\"id\":";
constexpr std::string_view notification_begin = "{\"jsonrpc\":\"2.0\",\"method\":";
constexpr std::string_view result_begin = ",\"result\":";
constexpr std::string_view error_begin = ",\"error\":";
/// Sent behind a raw line: when it is answered, so is the line, if it is at all.
constexpr std::string_view fence_method = "cone.state";

void append_request(std::string& out, std::string_view id, std::string_view method, std::string_view params) {
    out.append(answer_begin).append(id).append(",\"method\":\"").append(method).append("\",\"params\":");
    out.append(params).append("}\n");
}

/// What is behind `{"jsonrpc":"2.0","id":<id>`, or nothing when the line does not begin so.
std::string_view behind_id(std::string_view line, std::string_view id) noexcept {
    if (!line.starts_with(answer_begin) || line.substr(answer_begin.size(), id.size()) != id) {
        return {};
    }
    line.remove_prefix(answer_begin.size() + id.size());
    return line.starts_with(',') ? line : std::string_view{};
}

}  // namespace

upstream::upstream(boost::asio::io_context& io, std::string socket_path, std::string key)
    : io_{io}, path_{std::move(socket_path)}, key_{std::move(key)} {
    std::random_device seed;
    nonce_ = (std::uint64_t{seed()} << 32U) | seed();
}

upstream::~upstream() = default;

void upstream::ask(std::string_view method, std::string_view params, bool shared, answer_handler handler) {
    if (shared && flush_wanted_ && !waiting_.empty()) {
        // Few different reads are asked in one turn: the newest are looked at first.
        const std::size_t most = 8;
        std::size_t looked_at = 0;
        for (auto one = waiting_.rbegin(); one != waiting_.rend() && !one->sent && looked_at < most;
             ++one, ++looked_at) {
            const auto& text = one->shared;
            if (text.size() == method.size() + params.size() && text.starts_with(method) && text.ends_with(params)) {
                one->handlers.push_back(std::move(handler));
                return;
            }
        }
    }
    if (!may_ask(method.size() + params.size(), handler)) {
        return;
    }
    auto& entry = waiting_.emplace_back();
    entry.id = next_id_++;
    entry.since = clock::now();
    if (shared) {
        entry.shared.append(method).append(params);
    }
    entry.handlers.push_back(std::move(handler));
    append_request(out_, std::to_string(entry.id), method, params);
    want_flush();
}

void upstream::ask_raw(std::string_view line, raw_handler handler) {
    if (!may_ask(line.size(), handler)) {
        return;
    }
    auto& entry = waiting_.emplace_back();
    entry.id = next_id_++;
    entry.since = clock::now();
    entry.is_raw = true;
    entry.handlers.push_back(std::move(handler));
    out_.append(line) += '\n';
    append_request(out_, "\"" + std::to_string(nonce_) + "-" + std::to_string(entry.id) + "\"", fence_method, "{}");
    want_flush();
}

bool upstream::may_ask(std::size_t bytes, const answer_handler& handler) {
    if (!connected_ && clock::now() >= next_attempt_) {
        connect();
    }
    if (!connected_ || waiting_.size() >= max_awaited_answers || out_.size() + bytes > max_unsent_bytes) {
        handler({.what = key_refused_ ? upstream_answer::outcome::key_refused : upstream_answer::outcome::not_asked,
                 .text = {}});
        return false;
    }
    return true;
}

// A Unix socket connects, or does not, at once.
bool upstream::connect() {
    next_attempt_ = clock::now() + reconnect_pause;
    key_refused_ = key_pending_ = false;
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
    in_.resize(first_read_bytes);
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
    // The connection is new, so a line that short goes at once or never.
    if (socket_->write_some(boost::asio::buffer(line), fault) != line.size()) {
        return false;
    }
    waiting_.push_front(
        {.id = id, .shared = {}, .handlers = {}, .raw = {}, .is_key = true, .sent = true, .since = clock::now()});
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

void upstream::read() {
    if (in_size_ == in_.size()) {
        in_.resize(in_.size() * 2);
    }
    socket_->async_read_some(
        boost::asio::buffer(in_.data() + in_size_, in_.size() - in_size_),
        [self = shared_from_this(), of = generation_](const boost::system::error_code& fault, std::size_t count) {
            if (of == self->generation_) {
                self->on_read(fault, count);
            }
        });
}

void upstream::on_read(const boost::system::error_code& fault, std::size_t count) {
    if (fault) {
        lose();
        return;
    }
    in_size_ += count;
    const auto of = generation_;
    if (!take_lines()) {
        if (of == generation_) {
            lose();
        }
        return;
    }
    if (of == generation_) {
        read();
    }
}

/// False when what came is not an answer to what was asked, or is too long.
bool upstream::take_lines() {
    const auto of = generation_;
    std::size_t begin = 0;
    while (true) {
        const std::size_t from = std::max(begin, scanned_);
        const void* const found = std::memchr(in_.data() + from, '\n', in_size_ - from);
        if (found == nullptr) {
            break;
        }
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - in_.data());
        // A handler may ask, close or lose: the line is looked at where it lies, and the buffer stays.
        if (!take_line({in_.data() + begin, end - begin}) || of != generation_) {
            return false;
        }
        begin = end + 1;
    }
    std::memmove(in_.data(), in_.data() + begin, in_size_ - begin);
    in_size_ -= begin;
    scanned_ = in_size_;
    if (in_size_ == 0 && in_.size() > 4 * first_read_bytes) {
        std::string{}.swap(in_);
        in_.resize(first_read_bytes);
    }
    return in_size_ < max_answer_bytes;
}

bool upstream::take_line(std::string_view line) {
    if (notified_ && line.starts_with(notification_begin)) {
        notified_(line);
        return true;
    }
    if (waiting_.empty()) {
        return false;
    }
    auto& front = waiting_.front();
    if (front.is_raw) {
        const auto fence = "\"" + std::to_string(nonce_) + "-" + std::to_string(front.id) + "\"";
        if (behind_id(line, fence).empty()) {
            front.raw.append(front.raw.empty() ? "" : "\n").append(line);
            return front.raw.size() < max_answer_bytes;
        }
        const auto done = std::move(front);
        waiting_.pop_front();
        done.handlers.front()({upstream_answer::outcome::result, done.raw, done.id});
        return true;
    }
    auto rest = behind_id(line, std::to_string(front.id));
    if (rest.empty()) {
        rest = behind_id(line, "null");  // the daemon refuses the whole line, or whoever we are
        rest = rest.starts_with(error_begin) ? rest : std::string_view{};
    }
    upstream_answer answer{.what = upstream_answer::outcome::result, .text = {}, .number = front.id};
    if (rest.starts_with(result_begin)) {
        answer.text = rest.substr(result_begin.size(), rest.size() - result_begin.size() - 1);
    } else if (rest.starts_with(error_begin)) {
        answer.what = upstream_answer::outcome::error;
        answer.text = rest.substr(error_begin.size(), rest.size() - error_begin.size() - 1);
    } else {
        return false;
    }
    const auto done = std::move(front);
    waiting_.pop_front();
    if (done.is_key) {
        key_pending_ = false;
        key_refused_ = answer.text.find("\"invalid_key\"") != std::string_view::npos;
        if (answer.what == upstream_answer::outcome::result) {
            want_flush();
        }
        return answer.what == upstream_answer::outcome::result;
    }
    for (const auto& handler : done.handlers) {
        handler(answer);
    }
    return true;
}

bool upstream::on_tick(clock::time_point now, std::chrono::milliseconds answer_time) {
    if (!waiting_.empty() && now - waiting_.front().since > answer_time) {
        lose();
    }
    if (!connected_ && now >= next_attempt_) {
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
        auto what = entry.sent ? upstream_answer::outcome::lost : upstream_answer::outcome::not_asked;
        if (key_refused_) {
            what = upstream_answer::outcome::key_refused;
        }
        for (const auto& handler : entry.handlers) {
            handler({.what = what, .text = {}});
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
