// SPDX-License-Identifier: Apache-2.0
//
// A connection's life, its turns, its input and output. What it does with requests is in connection_requests.cpp.
#include "ipc/connection.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <fmt/format.h>

namespace valhalla::ipc {

namespace {

// An output buffer that had to grow beyond this is given back when it is empty.
constexpr std::size_t kept_output_bytes = std::size_t{64} << 10U;

}  // namespace

void forget_output(std::string& buffer) {
    buffer.clear();
    if (buffer.capacity() > kept_output_bytes) {
        std::string{}.swap(buffer);
    }
}

connection::connection(connection_host& host, unix_socket socket, peer who)
    : host_{host},
      denials_{host.denials},
      socket_{std::move(socket)},
      peer_{std::move(who)},
      in_{host.bounds.read_bytes, host.bounds.line_bytes} {}

void connection::start() {
    socket_.non_blocking(true);
    read();
}

void connection::turn() {
    turn_wanted_ = false;
    if (closed_ || in_turn_) {
        return;
    }
    in_turn_ = true;
    std::size_t requests = 0;
    std::size_t bytes = 0;
    progress last = progress::done;
    while (last == progress::done && requests < host_.bounds.turn_requests && bytes < host_.bounds.turn_bytes) {
        const std::size_t before = in_.size();
        last = step();
        bytes += before - in_.size();
        ++requests;
    }
    in_turn_ = false;
    flush();
    if (!closed_ && (overrun_ || unsent() > host_.bounds.output_close_bytes)) {
        close();
    }
    if (!closed_) {
        conclude(last);
    }
    if (source_ && ready()) {
        source_->on_ready();
    }
}

// After the steps and the write: what next?
void connection::conclude(progress last) {
    if (last == progress::done) {
        ask_for_turn();  // others first
        return;
    }
    if (last == progress::held_up) {
        // A delivery or a finished write brings us back, unless all that stood in the way has just been written.
        if (in_flight() == 0 && !writing_) {
            ask_for_turn();
        }
        return;
    }
    const bool all_said = in_flight() == 0 && unsent() == 0;
    if (all_said && ((end_of_input_ && !source_) || draining_)) {
        close();
    } else if (ending_) {
        if (all_said && !lingering_) {
            linger();
        }
        read();
    } else if (!end_of_input_) {
        if (!in_.empty() && !line_since_) {
            line_since_ = clock::now();
        }
        read();
    }
}

void connection::read() {
    if (reading_ || end_of_input_) {
        return;
    }
    reading_ = true;
    const auto space = in_.space();
    socket_.async_read_some(boost::asio::buffer(space.data(), space.size()),
                            [self = shared_from_this()](const boost::system::error_code& fault, std::size_t count) {
                                self->on_read(fault, count);
                            });
}

void connection::on_read(const boost::system::error_code& fault, std::size_t count) {
    reading_ = false;
    if (closed_) {
        return;
    }
    if (fault && fault != boost::asio::error::eof) {
        close();
        return;
    }
    if (fault) {
        end_of_input_ = true;  // half-closed: replies still go out; an incomplete line executes nothing
    } else {
        in_.commit(count);
    }
    if (ending_) {
        in_.clear();
    }
    turn();
}

void connection::flush() {
    if (closed_ || writing_ || out_.empty()) {
        return;
    }
    boost::system::error_code fault;
    const std::size_t count = socket_.write_some(boost::asio::buffer(out_), fault);
    if (fault && fault != boost::asio::error::would_block) {
        close();
        return;
    }
    if (count == out_.size()) {
        forget_output(out_);
        return;
    }
    sending_.swap(out_);
    sent_ = count;
    write_progress_ = clock::now();
    write_rest();
}

void connection::write_rest() {
    writing_ = true;
    socket_.async_write_some(boost::asio::buffer(sending_) + sent_,
                             [self = shared_from_this()](const boost::system::error_code& fault, std::size_t count) {
                                 self->on_written(fault, count);
                             });
}

void connection::on_written(const boost::system::error_code& fault, std::size_t count) {
    writing_ = false;
    if (closed_) {
        return;
    }
    if (fault) {
        close();
        return;
    }
    sent_ += count;
    write_progress_ = clock::now();
    stall_told_ = false;
    if (sent_ < sending_.size()) {
        write_rest();
        return;
    }
    forget_output(sending_);
    sent_ = 0;
    turn();
}

void connection::drain() {
    draining_ = true;
    turn();
}

// Says why, behind all answers that are still due, and nothing more.
void connection::end_with(const rpc_error& error) {
    ending_ = true;
    answer(null_id, error);
    in_.clear();
}

// Everything is written. A peer that is still sending would lose our last words if we closed now, so it may finish.
void connection::linger() {
    lingering_ = true;
    linger_until_ = clock::now() + host_.bounds.linger_time;
    boost::system::error_code ignored;
    socket_.shutdown(unix_socket::shutdown_send, ignored);
}

void connection::on_tick(clock::time_point now) {
    if (closed_) {
        return;
    }
    const bool stalled = writing_ && now - write_progress_ >= host_.bounds.output_stall_time;
    if (source_ && writing_ && !stall_told_ && now - write_progress_ >= host_.bounds.push_stall_time) {
        stall_told_ = true;
        const auto source = source_;  // it may take itself away
        source->on_stalled();
    }
    if (stalled || (lingering_ && now >= linger_until_)) {
        close();
        return;
    }
    if (line_since_ && reading_ && !ending_ && now - *line_since_ >= host_.bounds.line_time) {
        end_with({error_code::parse_error,
                  fmt::format("a line must be complete within {} ms", host_.bounds.line_time.count()),
                  {}});
        turn();
    }
}

void connection::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (const auto source = std::exchange(source_, nullptr)) {
        source->on_closed();
    }
    host_.closed(*this);
}

bool connection::ready() const noexcept {
    return !closed_ && !ending_ && !batch_ && unsent() == 0;
}

void connection::push(std::string_view lines) {
    if (closed_ || ending_) {
        return;
    }
    out_ += lines;
    ask_for_turn();  // written there, not here: a write that fails closes us, and the source is in the middle of its
                     // work
}

void connection::set_source(std::shared_ptr<push_source> source) {
    source_ = std::move(source);
    if (!source_ && end_of_input_) {
        ask_for_turn();  // to close
    }
}

}  // namespace valhalla::ipc
