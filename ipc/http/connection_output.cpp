// SPDX-License-Identifier: Apache-2.0
//
// What a connection sends: answers, streams, and what waits until the peer takes it.
#include <utility>

#include <boost/asio/error.hpp>

#include "ipc/http/connection.hpp"

namespace valhalla::http {

namespace {

/// What a reader of a stream may leave untaken …
constexpr std::size_t max_stream_backlog = std::size_t{256} << 10U;
/// … behind the kernel's buffer of the connection, which grows to megabytes by itself.
constexpr int stream_send_buffer_bytes = 128 << 10U;

}  // namespace

void connection::shrink(std::string& buffer) {
    if (buffer.capacity() > kept_bytes) {
        std::string{}.swap(buffer);
    } else {
        buffer.clear();
    }
}

void connection::respond(std::uint64_t number, const response& answer) {
    if (closed_ || number != number_ || (phase_ != phase::answering && phase_ != phase::body)) {
        return;
    }
    const bool body_pending = phase_ == phase::body;
    const bool last = answer.close || body_pending || !context_.keep_alive;
    auto& text = host_.text;
    text.clear();
    response as_sent = answer;
    as_sent.close = last;
    append_response(text, as_sent, context_, host_.date);
    incoming_.reset();
    close_after_write_ = last;
    enter(phase::idle);
    if (last) {
        // Nothing that comes now is a request.
        enter(phase::lingering);
    }
    send(text);
    go_on();
}

void connection::begin_stream(std::uint64_t number, std::string_view head_and_data) {
    if (closed_ || number != number_ || phase_ != phase::answering) {
        return;
    }
    enter(phase::streaming);
    close_after_write_ = draining_;  // a gateway that stops waits for no stream
    socket_.bound_send_buffer(stream_send_buffer_bytes);
    push(head_and_data);
    if (!closed_ && !in_process_) {
        wait_readable();  // to see its end
    }
}

bool connection::push(std::string_view data) {
    if (closed_) {
        return false;
    }
    if (writing_ && out_.size() - sent_ > max_stream_backlog) {
        close();
        return false;
    }
    if (writing_) {
        out_.erase(0, std::exchange(sent_, 0));  // a slow reader may always leave a little
        out_ += data;
        if (!account()) {
            close();
        }
        return !closed_;
    }
    send(data);
    return !closed_;
}

void connection::end_stream(std::string_view data) {
    close_after_write_ = true;
    static_cast<void>(push(data));
}

void connection::when_caught_up(std::function<void()> then) {
    if (closed_) {
        return;
    }
    if (caught_up()) {
        then();
    } else {
        caught_up_ = std::move(then);
    }
}

/// Sends now what the socket takes, and the rest when it takes more.
void connection::send(std::string_view data) {
    if (writing_ || in_process_) {
        out_ += data;
        return;
    }
    boost::system::error_code fault;
    const std::size_t count = socket_.write_some(data, fault);
    if (fault && fault != boost::asio::error::would_block) {
        close();
        return;
    }
    if (count < data.size()) {
        out_.assign(data.substr(count));
        sent_ = 0;
        writing_ = true;  // until the socket takes the rest
        write_progress_ = clock::now();
        if (!account()) {
            close();
        }
    } else if (close_after_write_) {
        linger();
    }
}

void connection::write_rest() {
    boost::system::error_code fault;
    const std::size_t count = socket_.write_some(std::string_view{out_}.substr(sent_), fault);
    if (fault == boost::asio::error::would_block) {
        return;
    }
    if (fault) {
        close();
        return;
    }
    sent_ += count;
    write_progress_ = clock::now();
    if (sent_ < out_.size()) {
        return;  // it took what it had room for
    }
    writing_ = false;
    sent_ = 0;
    shrink(out_);
    static_cast<void>(account());
    if (close_after_write_) {
        linger();
    } else if (const auto then = std::exchange(caught_up_, nullptr)) {
        then();
    } else {
        go_on();
    }
}

// A peer that is still sending would lose our last words if we closed now.
void connection::linger() {
    if (end_of_input_) {
        close();
        return;
    }
    enter(phase::lingering);
    socket_.shutdown_send();
    if (!in_process_) {
        wait_readable();
    }
}

/// Tells the host how much memory is held beyond what is usual. False when there is no more of it.
bool connection::account() {
    const std::size_t held = in_.capacity() + out_.capacity() + (incoming_ ? incoming_->content.held() : 0);
    const std::size_t beyond = held > kept_bytes ? held : 0;
    const buffer_book::holding now{beyond, stranger_ ? beyond : 0};
    host_.buffered.change(counted_, std::exchange(accounted_, now), now);
    return beyond == 0 || host_.buffered.allows(counted_, stranger_);
}

}  // namespace valhalla::http
