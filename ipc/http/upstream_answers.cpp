// SPDX-License-Identifier: Apache-2.0
//
// What comes from the daemon: lines, each the answer to what was asked first, or a notification.
#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>

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
    const auto done = take_front();
    if (answer.what == upstream_answer::outcome::error && !key_.empty()) {
        // Without any key that could come, who has no role is not even let in.
        key_refused_ = answer.text.find("\"invalid_key\"") != std::string_view::npos ||
                       (done.is_key && answer.text.find("\"forbidden\"") != std::string_view::npos);
    }
    if (done.is_key) {
        key_pending_ = false;
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

}  // namespace valhalla::http
