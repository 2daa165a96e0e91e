// SPDX-License-Identifier: Apache-2.0
//
// One connection to the daemon: requests go out pipelined, answers come back in their order. I/O thread.
//
//   ask, ask, ask … -> [one write at the end of the loop's turn] -> daemon -> [one read] -> answered, answered,
//   answered
//
// Reads that ask the same in one turn are one request: it is sent after all of them came, so its answer is as new as
// each may expect.
//
// With a key the connection says first whose it is, and nothing else leaves before the daemon took it: behind a key
// that is refused a request would be one of the user who runs the gateway.
//
// When the connection is lost every handler is told at once, and which of the requests had been sent. Nothing is sent
// again. The next request, or the owner's tick, connects anew, not oftener than each `reconnect_pause` (`absent_pause`
// while nobody listens), and after the daemon turned the connection away not before it may be asked again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "ipc/http/daemon_reach.hpp"
#include "ipc/http/limits.hpp"

namespace valhalla::http {

using unix_socket =
    boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, boost::asio::io_context::executor_type>;

/// What came of a request. The views last as long as the call of the handler.
struct upstream_answer {
    enum class outcome : std::uint8_t {
        result,       ///< `text` is the JSON of the result
        error,        ///< `text` is the error object
        not_asked,    ///< the daemon is away, or too much waits; nothing was sent
        lost,         ///< it was sent, and the answer did not come
        key_refused,  ///< the connection's key is not one (any more); nothing was done
        turned_away   ///< the daemon does not take the connection now, whoever's key it is; `text` is the error object
    };
    outcome what = outcome::not_asked;
    std::string_view text;
    std::uint64_t number = 0;  ///< the same for all that one request was sent for; 0 without one
};
using answer_handler = std::function<void(const upstream_answer&)>;

/// Lines of answers to a raw line, perhaps none, then the end.
using raw_handler = std::function<void(const upstream_answer&)>;

/// What the connections to the daemon share, see `limits::daemon_bytes`.
struct daemon_memory {
    std::size_t limit = limits{}.daemon_bytes;
    std::size_t used = 0;
    std::size_t line_bytes = limits{}.body_bytes + max_envelope_bytes;  ///< of a request
    daemon_reach reach{};
};

/// Some of it, for as long as this is there.
class daemon_memory_share {
  public:
    explicit daemon_memory_share(std::shared_ptr<daemon_memory> of) : of_{std::move(of)} {}
    ~daemon_memory_share() { of_->used -= taken_; }
    daemon_memory_share(const daemon_memory_share&) = delete;
    daemon_memory_share& operator=(const daemon_memory_share&) = delete;

    /// Takes more of it. False when there is no room; then nothing is taken.
    [[nodiscard]] bool take(std::size_t bytes) noexcept {
        if (of_->used + bytes > of_->limit) {
            return false;
        }
        of_->used += bytes;
        taken_ += bytes;
        return true;
    }

  private:
    std::shared_ptr<daemon_memory> of_;
    std::size_t taken_ = 0;
};

class upstream final : public std::enable_shared_from_this<upstream> {
  public:
    using clock = std::chrono::steady_clock;

    /// `io` outlives it. `key`: what the connection says to be, empty for the user who runs the gateway.
    upstream(boost::asio::io_context& io, std::string socket_path, std::string key,
             std::shared_ptr<daemon_memory> memory = std::make_shared<daemon_memory>());
    ~upstream();
    upstream(const upstream&) = delete;
    upstream& operator=(const upstream&) = delete;

    /// Asks for `method`. `params`: an object on one line. `shared`: whether a request of this turn that is the same
    /// may answer this one too; for reads alone. `handler` is called exactly once, perhaps before this returns.
    void ask(std::string_view method, std::string_view params, bool shared, answer_handler handler);
    /// Sends a line that somebody else wrote: a request, a notification or a batch, on one line. The answer's text is
    /// the line that came, empty when none did.
    void ask_raw(std::string_view line, raw_handler handler);

    /// Who is told of notifications, each a line, and of the loss of the connection. Before the first `ask`.
    void observe(std::function<void(std::string_view)> notified, std::function<void()> lost);

    /// Looks whether an answer is overdue and, with `reconnect`, connects if it is not connected. True when it is.
    bool on_tick(clock::time_point now, std::chrono::milliseconds answer_time, bool reconnect = true);
    /// Everything that waits is told that the daemon is away.
    void close();

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    /// The daemon does not know the key, or no longer. It is not brought again: who comes with it later gets another
    /// one of these.
    [[nodiscard]] bool key_refused() const noexcept { return key_refused_; }
    /// Nothing is awaited.
    [[nodiscard]] bool idle() const noexcept { return waiting_.empty(); }

  private:
    struct awaited {
        std::uint64_t id = 0;
        std::string shared;  ///< what is asked, while it is not sent and another may join; else empty
        std::vector<answer_handler> handlers;
        std::string raw;  ///< of a raw line: what came for it
        bool is_raw = false;
        bool is_key = false;  ///< of `auth.key`
        bool sent = false;
        clock::time_point since;
        std::size_t charge = 0;  ///< of `daemon_memory`
    };

    awaited& expect(std::size_t bytes);
    awaited take_front();
    void charge(awaited& entry, std::size_t bytes);
    [[nodiscard]] bool resize_input(std::size_t bytes);
    [[nodiscard]] upstream_answer unasked() const noexcept;
    bool connect();
    [[nodiscard]] bool present_key();
    [[nodiscard]] bool is_one_line(std::string_view text, const answer_handler& handler);
    [[nodiscard]] bool may_ask(std::size_t bytes, const answer_handler& handler);
    void want_flush();
    void flush();
    void write_rest();
    void read();
    void on_read(const boost::system::error_code& fault, std::size_t count);
    bool take_lines();
    bool take_line(std::string_view line);
    bool take_answer_to_key(const upstream_answer& answer);
    void lose();

    std::function<void(std::string_view)> notified_;
    std::function<void()> on_lost_;
    boost::asio::io_context& io_;
    std::string path_;
    std::string key_;
    std::shared_ptr<daemon_memory> memory_;
    std::size_t input_charge_ = 0;
    std::unique_ptr<unix_socket> socket_;
    std::deque<awaited> waiting_;
    std::string out_;
    std::string sending_;
    std::size_t sent_ = 0;
    std::string in_;
    std::size_t in_size_ = 0;
    std::size_t scanned_ = 0;
    std::uint64_t next_id_ = 1;
    std::uint64_t generation_ = 0;  ///< of the connection: what was begun on an earlier one is not looked at
    std::uint64_t nonce_ = 0;       ///< of the fences behind raw lines, which no client knows
    clock::time_point next_attempt_{};
    bool connected_ = false;
    bool key_refused_ = false;
    bool key_pending_ = false;  ///< nothing is sent before the daemon knows who asks
    std::string turned_away_;   ///< the error object, when the daemon did not take the last connection
    bool flush_wanted_ = false;
    bool writing_ = false;
};

}  // namespace valhalla::http
