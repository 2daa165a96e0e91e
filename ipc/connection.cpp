// SPDX-License-Identifier: Apache-2.0
//
// A connection's life, its turns, its input and output. What it does with requests is in connection_requests.cpp, how
// their answers get into order in connection_answers.cpp.
#include "ipc/connection.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <fmt/format.h>

namespace valhalla::ipc {

namespace {

/// What the first answer takes: enough for a few, so that none of them is copied.
constexpr std::size_t first_output_bytes = 4'096;

void give_back(std::string& buffer) {
    std::string{}.swap(buffer);
}

/// Exactly `capacity`, where `reserve` would take twice what there was.
void grow_to(std::string& buffer, std::size_t capacity) {
    std::string larger;
    larger.reserve(capacity);
    larger += buffer;
    buffer.swap(larger);
}

}  // namespace

connection::connection(connection_host& host, unix_socket socket, peer who, std::size_t& taken_by_user)
    : host_{host},
      denials_{host.denials},
      counted_{host.counted},
      socket_{std::move(socket)},
      peer_{std::move(who)},
      in_{host.bounds.read_bytes, host.bounds.line_bytes},
      input_claim_{host.budget, taken_by_user},
      output_claim_{host.budget, taken_by_user} {
    if (peer_.granted == role::none) {
        no_role_since_ = clock::now();
    }
}

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
    look_at_key();
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
    const bool answered = !out_.empty();
    flush();
    if (turn_answers_ != per_effect<std::uint32_t>{}) {
        counted_->turn_over(std::exchange(turn_answers_, {}), clock::now() - turn_time());
    }
    turn_began_.reset();
    if (!closed_ && (overrun_ || unsent() > host_.bounds.output_close_bytes)) {
        close();
    }
    if (!closed_) {
        conclude(last, answered);
    }
    if (const auto source = source_; source && ready()) {
        source->on_ready();  // it may take itself away
    }
}

void connection::ask_for_turn() {
    if (!in_turn_ && !std::exchange(turn_wanted_, true)) {
        host_.wants_turn(shared_from_this());
    }
}

connection::clock::time_point connection::turn_time() {
    if (!turn_began_) {
        turn_began_ = clock::now();
    }
    return *turn_began_;
}

// After the steps and the write: what next? `answered`: there was something to write.
void connection::conclude(progress last, bool answered) {
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
        if (waits_for_answer()) {
            return;  // with which we come back
        }
        if (answered && !reading_ && in_flight() == 0) {
            ask_for_turn();  // now there is nothing to read; once the others had their turns there mostly is
        } else {
            read();
        }
    }
}

/// A peer that has often sent nothing before its changes were answered will not do so now either. Now and then it is
/// looked whether that is still so.
bool connection::waits_for_answer() const noexcept {
    return in_flight() > 0 && flight_effect_ == effect::change && in_.empty() && quiet_rounds_ >= enough_quiet_rounds;
}

void connection::read() {
    if (reading_ || end_of_input_) {
        return;
    }
    if (!make_input_room()) {
        end_with({error_code::overloaded,
                  fmt::format("the memory for long lines is in use, this one of more than {} bytes was not read; try "
                              "again in a moment",
                              in_.size()),
                  {}});
        ask_for_turn();
        return;
    }
    reading_ = true;
    const auto space = in_.space();
    socket_.async_read_some(boost::asio::buffer(space.data(), space.size()),
                            [self = shared_from_this()](const boost::system::error_code& fault, std::size_t count) {
                                self->on_read(fault, count);
                            });
}

/// A line that does not fit gets a larger buffer, if there is one.
bool connection::make_input_room() {
    const std::size_t capacity = in_.capacity_for_more();
    return capacity == in_.capacity() || input_claim_.resize(capacity - std::min(capacity, host_.bounds.read_bytes));
}

void connection::on_read(const boost::system::error_code& fault, std::size_t count) {
    reading_ = false;
    if (closed_) {
        in_.release();
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
        if (in_flight() > 0) {
            quiet_rounds_ = 0;
        }
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
        forget_output();
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
        give_back(sending_);
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
    forget_sending();
    turn();
}

/// Everything in it is written. What the next answers will need is kept.
void connection::forget_output() {
    out_.clear();
    if (out_.capacity() > own_output_bytes) {
        give_back(out_);
    }
    account_for_output();
}

void connection::forget_sending() {
    give_back(sending_);
    sent_ = 0;
    account_for_output();
}

void connection::account_for_output() {
    if (output_claim_.bytes() > 0) {
        const std::size_t held = out_.capacity() + sending_.capacity();
        static_cast<void>(
            output_claim_.resize(std::min(output_claim_.bytes(), held - std::min(held, own_output_bytes))));
    }
}

/// Room in `out_` for so many bytes more; false when the budget has none.
bool connection::make_room(std::size_t bytes) {
    return bytes <= out_.capacity() - out_.size() || grow_output(bytes);
}

bool connection::grow_output(std::size_t bytes) {
    const std::size_t least = out_.size() + bytes;
    for (const std::size_t capacity : {std::max({least, 2 * out_.capacity(), first_output_bytes}), least}) {
        const std::size_t held = capacity + sending_.capacity();
        if (output_claim_.resize(held - std::min(held, own_output_bytes))) {
            grow_to(out_, capacity);
            return true;
        }
    }
    return false;
}

/// An answer is lost, so the peer is cut off: what it would read next would not be the answer to what it thinks.
void connection::overrun() {
    overrun_ = true;
    ask_for_turn();
}

void connection::drain() {
    draining_ = true;
    turn();
}

// Says why, behind all answers that are still due, and nothing more.
void connection::end_with(const rpc_error& error) {
    ending_ = true;
    answer({}, null_id, error);
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
    if (stalled || (lingering_ && now >= linger_until_) || (end_of_input_ && source_ && peer_is_gone())) {
        close();
        return;
    }
    look_at_key();
    if (out_of_time_without_role(now)) {
        const auto why = no_role(role::viewer);
        if (peer_.key.empty()) {
            tell_denied({}, why);
        }
        end_with(why);
        turn();
        return;
    }
    if (line_since_ && reading_ && !ending_ && now - *line_since_ >= host_.bounds.line_time) {
        end_with({error_code::parse_error,
                  fmt::format("a line must be complete within {} ms", host_.bounds.line_time.count()),
                  {}});
        turn();
    }
}

/// Last words come behind the answers that are due, and not into a batch.
bool connection::out_of_time_without_role(clock::time_point now) const noexcept {
    return no_role_since_ && now - *no_role_since_ >= host_.bounds.no_role_time && in_flight() == 0 && !batch_ &&
           !ending_;
}

void connection::pass_to(std::size_t& taken_by_user) noexcept {
    input_claim_.pass_to(taken_by_user);
    output_claim_.pass_to(taken_by_user);
}

/// Behind the end of input nothing is read that would show it, and a follower may have nothing to write for long.
bool connection::peer_is_gone() {
    pollfd on{socket_.native_handle(), 0, 0};
    return ::poll(&on, 1, 0) > 0 && (on.revents & (POLLHUP | POLLERR)) != 0;
}

void connection::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
    release_buffers();
    if (const auto source = std::exchange(source_, nullptr)) {
        source->on_closed();
    }
    host_.closed(*this);
}

/// Answers that are still due may keep us for a while, but not what nobody will read. A buffer that a handler is
/// pending for goes when that is called.
void connection::release_buffers() {
    if (!reading_) {
        in_.release();
    }
    if (!writing_) {
        give_back(sending_);
    }
    give_back(out_);
    batch_.reset();
    input_claim_.release();
    output_claim_.release();
}

bool connection::ready() const noexcept {
    return !closed_ && !ending_ && !batch_ && unsent() == 0;
}

void connection::push(std::string_view lines) {
    if (closed_ || ending_) {
        return;
    }
    if (batch_) {
        batch_->pushed += lines;  // the reply is one line, of which a part may be in `out_` or gone already
        return;
    }
    if (lines.size() > out_.capacity() - out_.size()) {
        grow_to(out_, out_.size() + lines.size());  // not from the budget: one page a peer, bounded by its source
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
