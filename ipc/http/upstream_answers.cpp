// SPDX-License-Identifier: Apache-2.0
//
// What comes from the daemon: lines, each the answer to what was asked first, or a notification.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "ipc/http/json_members.hpp"
#include "ipc/http/upstream.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view answer_begin = "{\"jsonrpc\":\"2.0\",\"id\":";
constexpr std::string_view notification_begin = "{\"jsonrpc\":\"2.0\",\"method\":";
constexpr std::string_view result_begin = ",\"result\":";
constexpr std::string_view error_begin = ",\"error\":";

/// What is behind `{"jsonrpc":"2.0","id":<id>`, or nothing when the line does not begin so.
std::string_view behind_id(std::string_view line, std::string_view id) noexcept {
    if (!line.starts_with(answer_begin) || line.substr(answer_begin.size(), id.size()) != id) {
        return {};
    }
    line.remove_prefix(answer_begin.size() + id.size());
    return line.starts_with(',') ? line : std::string_view{};
}

/// Whether an error object is of this kind. Inside of a text its quotes would be escaped, so nobody can make it up.
bool is_of_kind(std::string_view error, std::string_view kind) {
    return error.find("\"data\":{\"kind\":\"" + std::string{kind} + "\"") != std::string_view::npos;
}

/// How long the daemon says to wait; nothing where it does not say.
std::chrono::milliseconds pause_of(std::string_view error) noexcept {
    constexpr std::string_view name = "\"retry_after_ms\":";
    const auto at = error.find(name);
    std::uint32_t pause = 0;
    if (at != std::string_view::npos) {
        std::from_chars(error.data() + at + name.size(), error.data() + error.size(), pause);
    }
    return std::chrono::milliseconds{pause};
}

}  // namespace

void upstream::read() {
    if (in_size_ == in_.size() && !resize_input(in_.size() * 2)) {
        lose();
        return;
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
    memory_->reach.answers();
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
    if (in_size_ == 0 && in_.size() > own_answer_bytes) {
        std::string{}.swap(in_);
        static_cast<void>(resize_input(first_read_bytes));
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
            charge(front, line.size());
            return front.raw.size() < max_answer_bytes;
        }
        const auto done = take_front();
        key_refused_ = key_refused_ || (!key_.empty() && is_of_kind(line, "invalid_key"));
        // To a notification the daemon says nothing: the fence's answer tells what became of the key.
        const bool refused = key_refused_ && done.raw.empty();
        done.handlers.front()(
            {refused ? upstream_answer::outcome::key_refused : upstream_answer::outcome::result, done.raw, done.id});
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
    const auto done = take_front();
    if (answer.what == upstream_answer::outcome::error && !key_.empty() && is_of_kind(answer.text, "invalid_key")) {
        key_refused_ = true;
    }
    if (done.is_key) {
        return take_answer_to_key(answer);
    }
    for (const auto& handler : done.handlers) {
        handler(answer);
    }
    return true;
}

/// False when the connection is of no use.
bool upstream::take_answer_to_key(const upstream_answer& answer) {
    key_pending_ = false;
    if (answer.what == upstream_answer::outcome::result) {
        memory_->reach.lets_in();
        want_flush();
        return true;
    }
    if (!key_refused_) {
        if (is_of_kind(answer.text, "forbidden")) {
            const auto error = json_members::of(answer.text);
            memory_->reach.keeps_out(json_text(error ? (*error)["message"] : std::string_view{}));
        }
        turned_away_ = answer.text;
        next_attempt_ = clock::now() + std::max<std::chrono::milliseconds>(pause_of(answer.text), turned_away_pause);
    }
    return false;
}

}  // namespace valhalla::http
