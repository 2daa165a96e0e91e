// SPDX-License-Identifier: Apache-2.0
//
// What a connection reads, how long it waits, and its end. What it sends is in connection_output.cpp.
#include "ipc/http/connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include "ipc/http/allowed.hpp"
#include "ipc/http/refusal.hpp"

namespace valhalla::http {

namespace {

/// What a connection without a request has to send one when the gateway stops.
constexpr std::chrono::milliseconds fresh_time{1'000};
constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
}  // namespace

connection::connection(connection_host& host, tcp_socket socket, std::string peer, const tls_context& tls)
    : host_{host},
      io_{socket.get_executor().context()},
      socket_{std::move(socket), tls},
      peer_{std::move(peer)},
      counted_{counted_for(peer_)},
      handshaking_{socket_.secure()} {}

void connection::start() {
    try {
        if (!host_.sockets) {
            host_.sockets.emplace(io_);
        }
        if (host_.sockets->watch(socket_.native_handle(), *this)) {
            wait_readable();
            return;
        }
        close();
    } catch (const boost::system::system_error&) {
        close();  // there are no more files
    }
}

void connection::on_change(const socket_change& now) {
    const auto self = shared_from_this();
    readable_ = readable_ || now.readable || (now.writable && socket_.needs_room());
    ending_ = ending_ || now.ending;
    if (now.writable && writing_) {
        write_rest();
    }
    if (readable_ && waiting_) {
        read();
    }
}

void connection::wait_readable() {
    if (waiting_ || closed_ || end_of_input_) {
        return;
    }
    waiting_ = true;
    if (readable_) {
        // In a turn of its own, so that other connections have theirs.
        boost::asio::post(io_, [self = shared_from_this()] {
            if (self->waiting_ && self->readable_) {
                self->read();
            }
        });
    }
}

void connection::read() {
    waiting_ = false;
    if (closed_) {
        return;
    }
    boost::system::error_code error;
    const std::size_t count = socket_.read_some(boost::asio::buffer(host_.scratch), error);
    // A read that does not fill the buffer took everything, and more data is reported again; an end of input is not.
    // TLS says itself what it left.
    readable_ = (!error && (ending_ || count == host_.scratch.size())) || socket_.holds_more();
    if (handshaking_ && !go_on_with_handshake(error)) {
        return;
    }
    if (error == boost::asio::error::would_block) {
        wait_readable();
        return;
    }
    if (error) {
        end_of_input_ = error == boost::asio::error::eof;
        // Whoever has said all that they will may still want the answer; half a request is none.
        if (!end_of_input_ || (phase_ != phase::answering && !writing_)) {
            close();
        }
        return;
    }
    const std::string_view data{host_.scratch.data(), count};
    if (phase_ == phase::lingering || phase_ == phase::streaming) {
        wait_readable();
        return;
    }
    if (in_.empty()) {
        process(data);
    } else {
        in_ += data;
        process({});
    }
}

/// False for a client that does not speak TLS: it was told, in the words that it understands.
bool connection::go_on_with_handshake(const boost::system::error_code& fault) {
    if (fault == client_socket::not_tls) {
        handshaking_ = false;
        socket_.speak_in_clear();
        readable_ = true;  // what it said is thrown away
        refuse_request({400, "TLS is spoken here: the address begins with https."});
        return false;
    }
    if (socket_.established()) {
        handshaking_ = false;
        enter(phase::idle);
    }
    return true;
}

/// Takes what is there: `data`, or the connection's own buffer when it is empty.
void connection::process(std::string_view data) {
    const auto self = shared_from_this();
    in_process_ = true;
    const bool own = data.empty();
    std::string_view rest = own ? std::string_view{in_} : data;
    std::size_t answered_here = 0;
    while (!closed_ && !rest.empty() && phase_ != phase::answering && phase_ != phase::lingering &&
           phase_ != phase::streaming && !writing_ && answered_here < max_turn_requests) {
        const auto number = number_;
        const std::size_t taken = take(rest);
        rest.remove_prefix(std::min(taken, rest.size()));
        answered_here += number_ != number ? 1 : 0;
        if (taken == 0) {
            break;
        }
    }
    in_process_ = false;
    if (closed_) {
        return;
    }
    if (own) {
        in_.erase(0, in_.size() - rest.size());
    } else {
        in_.assign(rest);
    }
    if (in_.empty()) {
        shrink(in_);
    }
    if (!out_.empty() && !writing_) {
        const auto out = std::exchange(out_, {});
        send(out);
    }
    if (closed_) {
        return;
    }
    if (!account()) {
        give_up_input();
        return;
    }
    const bool more = !in_.empty() && answered_here == max_turn_requests;
    if (more && !writing_ && phase_ != phase::answering) {
        boost::asio::post(io_, [self] { self->go_on(); });
    } else if (phase_ != phase::answering && !writing_) {
        wait_readable();
    }
}

/// There is no memory for what was received. A request that the gateway has already is answered, and what is behind it
/// is thrown away: nobody may believe that it was not done.
void connection::give_up_input() {
    if (phase_ != phase::answering && !writing_) {
        refuse_request({503, "Too much is being received at once. Try again in a moment."});
        return;
    }
    std::string{}.swap(in_);
    context_.keep_alive = false;
    close_after_write_ = close_after_write_ || phase_ != phase::answering;
    static_cast<void>(account());
}

std::size_t connection::take(std::string_view data) {
    return phase_ == phase::body ? take_body(data) : take_head(data);
}

std::size_t connection::take_head(std::string_view data) {
    if (phase_ == phase::idle) {
        enter(phase::head);
        if (draining_ && requests_ > 0) {
            close();
            return 0;
        }
    }
    const auto scan = scan_head(data, host_.bounds);
    if (scan.what == head_scan::state::incomplete) {
        return 0;
    }
    if (scan.what == head_scan::state::refused) {
        refuse_request(scan.fault);
        return 0;
    }
    if (host_.spare.empty()) {
        incoming_ = std::make_unique<incoming>();
    } else {
        incoming_ = std::move(host_.spare.back());
        host_.spare.pop_back();
    }
    incoming_->parser.emplace(incoming_->content, host_.bounds);
    enter(phase::body);
    // The head together with as much of the body as is there: mostly all of it, and then the request is admitted once.
    return take_body(data);
}

std::size_t connection::take_body(std::string_view data) {
    auto& parser = *incoming_->parser;
    const bool had_head = parser.head_complete();
    const std::size_t taken = parser.read(data);
    if (parser.fault()) {
        refuse_request(*parser.fault());
        return 0;
    }
    const auto& head = incoming_->content;
    if (!had_head && parser.head_complete()) {
        ++number_;
        context_.version = head.version;
        context_.head_only = head.method == verb::head;
        context_.keep_alive = head.keep_alive && ++requests_ < host_.bounds.requests && !draining_;
        context_.cors.clear();
        stranger_ = false;
        if (!parser.complete()) {
            const auto with = this_exchange();
            if (!host_.begin(head, with)) {
                return taken;  // answered, and the connection is closed
            }
            if (head.expects_continue) {
                send(go_ahead);
            }
        }
    }
    if (parser.complete()) {
        complete();
    }
    return taken;
}

void connection::complete() {
    auto whole = std::move(incoming_);
    stranger_ = false;  // what is sent is the gateway's own
    enter(phase::answering);
    host_.handle(whole->content, this_exchange());
    if (host_.spare.size() < max_spare_requests) {
        host_.spare.push_back(std::move(whole));
    }
}

/// After an answer: what was pipelined, or the next request.
void connection::go_on() {
    if (closed_ || writing_ || in_process_ || phase_ != phase::idle) {
        return;
    }
    if (!in_.empty()) {
        process({});
    } else {
        wait_readable();
    }
}

void connection::refuse_request(const request_fault& fault) {
    const auto made = refuse(fault.status, fault.detail);
    ++number_;
    context_.version = 11;
    context_.head_only = false;
    context_.keep_alive = false;
    context_.cors.clear();
    enter(phase::answering);
    respond(number_, {.status = made.status, .body = made.body, .close = true});
}

void connection::enter(phase next) {
    phase_ = next;
    since_ = clock::now();
}

void connection::on_tick(clock::time_point now) {
    if (closed_) {
        return;
    }
    const auto passed = now - since_;
    if (writing_ && now - write_progress_ > host_.bounds.write_time) {
        close();
        return;
    }
    switch (phase_) {
        case phase::idle:
            if (handshaking_ && passed > host_.bounds.head_time) {
                close();
                break;
            }
            if (passed > (draining_ ? fresh_time : host_.bounds.idle_time) && !writing_) {
                close();
            }
            break;
        case phase::head:
            if (passed > host_.bounds.head_time) {
                refuse_request({408, "The request's fields did not come in time."});
            }
            break;
        case phase::body:
            if (passed > host_.bounds.body_time) {
                refuse_request({408, "The request's body did not come in time."});
            }
            break;
        case phase::lingering:
            if (passed > host_.bounds.linger_time && !writing_) {
                close();
            }
            break;
        case phase::answering:
        case phase::streaming: break;
    }
}

void connection::drain() {
    draining_ = true;
    context_.keep_alive = false;
    // One that has just come may have a request on its way, which nobody would repeat for its client.
    if ((phase_ == phase::idle && requests_ > 0) || phase_ == phase::streaming) {
        close();
    }
}

void connection::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    if (host_.sockets) {
        host_.sockets->forget(*this);
    }
    socket_.close();
    host_.buffered.change(counted_, std::exchange(accounted_, {}), {});
    incoming_.reset();
    std::string{}.swap(in_);
    std::string{}.swap(out_);
    caught_up_ = nullptr;
    host_.closed(*this);
}

}  // namespace valhalla::http
