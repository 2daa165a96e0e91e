// SPDX-License-Identifier: Apache-2.0
//
// One connection of a client, from bytes to requests and from answers to bytes. I/O thread. The server owns it; pending
// handlers and unanswered exchanges keep it alive, and after `close` it swallows whatever comes.
//
//   readable -> read into the loop's buffer -> [head] -> [body] -> the gateway … answer -> one send -> wait
//
// One request at a time: what a client pipelines waits, unread or in the connection's own buffer, until the answer
// before it is sent. An idle connection has no buffer at all.
//
// A fault of the client is answered and the connection closed, behind what it still sends for a while, so that it gets
// to read the answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "ipc/http/buffer_book.hpp"
#include "ipc/http/client_socket.hpp"
#include "ipc/http/limits.hpp"
#include "ipc/http/request.hpp"
#include "ipc/http/response.hpp"

namespace valhalla::http {

using tcp_socket = client_socket::accepted_socket;

class connection;

/// One request and its answer, which is given once, now or later. Whoever holds it keeps the connection's memory alive.
class exchange {
  public:
    exchange(std::shared_ptr<connection> of, std::uint64_t number) : connection_{std::move(of)}, number_{number} {}
    /// An answer to a connection that is closed goes nowhere.
    void respond(const response& answer) const;
    /// As connection::begin_stream.
    void begin_stream(std::string_view head_and_data) const;
    [[nodiscard]] connection& on() const noexcept { return *connection_; }
    [[nodiscard]] const std::shared_ptr<connection>& shared() const noexcept { return connection_; }

  private:
    std::shared_ptr<connection> connection_;
    std::uint64_t number_;
};

/// A request that is being read.
struct incoming {
    request content;
    std::optional<request_parser> parser;  ///< of `content`
};

/// What the connections of one server share, and what they ask of it. Outlives every connection that is not closed.
class connection_host {
  public:
    explicit connection_host(const limits& limits)
        : bounds{limits}, scratch(read_bytes, '\0'), buffered{limits.buffer_bytes} {}
    virtual ~connection_host() = default;
    connection_host(const connection_host&) = delete;
    connection_host& operator=(const connection_host&) = delete;

    /// The head is there and its body is not: whether it may come. `false`: it was answered.
    [[nodiscard]] virtual bool begin(const request& head, const exchange& with) = 0;
    /// A request is complete. It is valid during the call.
    virtual void handle(const request& whole, const exchange& with) = 0;
    virtual void closed(connection& who) = 0;

    const limits bounds;
    std::optional<socket_set> sockets;  // made with the first connection
    std::string scratch;                // what is read, and where most requests are parsed
    std::string text;                   // an answer on its way
    std::vector<std::unique_ptr<incoming>> spare;
    buffer_book buffered;
    date_text date;
};

class connection final : public std::enable_shared_from_this<connection>, private socket_watcher {
  public:
    using clock = std::chrono::steady_clock;

    /// `peer`: the address, without the port.
    /// `tls`: null for a connection in clear.
    connection(connection_host& host, tcp_socket socket, std::string peer, const tls_context& tls);

    void start();
    void respond(std::uint64_t number, const response& answer);
    /// Answers with a stream that ends with the connection: `head` first, then what is given to `push`.
    void begin_stream(std::uint64_t number, std::string_view head_and_data);
    /// More of the stream. False when so much waits already that it was cut off, or when it is closed.
    bool push(std::string_view data);
    /// The last of the stream; the connection is closed when it is taken.
    void end_stream(std::string_view data);
    /// Whether everything that was pushed is taken.
    [[nodiscard]] bool caught_up() const noexcept { return !writing_; }
    /// Calls `then` once that is so, perhaps before this returns; never when it is closed before.
    void when_caught_up(std::function<void()> then);
    /// Looks whether something takes too long.
    void on_tick(clock::time_point now);
    /// Takes no further request; closes when the one that is being answered is done.
    void drain();
    void close();

    [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
    /// What it is counted for, see `counted_for`.
    [[nodiscard]] const std::string& counted() const noexcept { return counted_; }
    /// Whether it is within TLS. What a proxy in front says of its own side is not looked at here.
    [[nodiscard]] bool secure() const noexcept { return socket_.secure(); }
    [[nodiscard]] bool idle() const noexcept { return phase_ == phase::idle && in_.empty(); }
    [[nodiscard]] clock::time_point idle_since() const noexcept { return since_; }
    [[nodiscard]] answer_context& context() noexcept { return context_; }
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    /// Whether the request that is being read is of somebody whose key was never found good. They get less memory.
    void set_stranger(bool stranger) noexcept { stranger_ = stranger; }

  private:
    enum class phase : std::uint8_t {
        idle,       ///< no byte of a request; of TLS, the handshake as well
        head,       ///< some of its fields
        body,       ///< some of its body
        answering,  ///< the gateway has it
        streaming,  ///< the answer does not end
        lingering   ///< everything is said; input is thrown away
    };

    void on_change(const socket_change& now) override;
    void wait_readable();
    void read();
    [[nodiscard]] bool go_on_with_handshake(const boost::system::error_code& fault);
    void process(std::string_view data);
    [[nodiscard]] std::size_t take(std::string_view data);
    [[nodiscard]] std::size_t take_head(std::string_view data);
    [[nodiscard]] std::size_t take_body(std::string_view data);
    void complete();
    void go_on();
    void refuse_request(const request_fault& fault);
    void send(std::string_view data);
    void write_rest();
    void linger();
    void enter(phase next);
    static void shrink(std::string& buffer);
    [[nodiscard]] bool account();
    void give_up_input();
    [[nodiscard]] exchange this_exchange() { return {shared_from_this(), number_}; }

    connection_host& host_;
    boost::asio::io_context& io_;
    client_socket socket_;
    const std::string peer_;
    const std::string counted_;
    std::string in_;  // bytes of requests that are not taken yet
    std::unique_ptr<incoming> incoming_;
    std::string out_;
    std::size_t sent_ = 0;
    buffer_book::holding accounted_;
    std::function<void()> caught_up_;
    answer_context context_;
    std::uint64_t number_ = 0;  // of the exchange that is open
    std::size_t requests_ = 0;
    clock::time_point since_ = clock::now();  // of the phase
    clock::time_point write_progress_{};
    phase phase_ = phase::idle;
    bool handshaking_ = false;  // of TLS, which has the time of a head from the beginning of the connection
    bool waiting_ = false;      // for data
    bool readable_ = false;     // a read may find data
    bool ending_ = false;       // a read may find the end of input, which is not reported again
    bool writing_ = false;
    bool in_process_ = false;
    bool close_after_write_ = false;
    bool end_of_input_ = false;
    bool draining_ = false;
    bool stranger_ = false;
    bool closed_ = false;
};

inline void exchange::begin_stream(std::string_view head_and_data) const {
    connection_->begin_stream(number_, head_and_data);
}
inline void exchange::respond(const response& answer) const {
    connection_->respond(number_, answer);
}

}  // namespace valhalla::http
