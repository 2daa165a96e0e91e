// SPDX-License-Identifier: Apache-2.0
//
// One connection, from bytes to bytes. A state machine on the I/O thread: the server owns it, handlers of pending
// reads and writes and unanswered `reply_handle`s keep it alive, and after `close` it swallows whatever comes.
//
// Order. Replies leave in the order of the requests, whatever order they are answered in: each request that is not
// answered at once gets a ticket, and an answer waits for those before it. A request also sees the effects of all
// earlier ones: while some are in flight, only one of the same effect may join them, and only if that is a change (the
// ledger keeps their order). All others wait, unread, until everything before them is answered. A batch runs alone.
//
//   read -> [lines] -> turn: step, step, step … -> one write -> read
//                        |                 ^
//                        '-> deferred … deliver -> the server's next flush -> turn
//
// Memory: what a connection has for itself is bounded, and what it needs beyond it takes from a budget that all share
// (ipc/buffer_budget.hpp).
//
// A turn handles at most `limits::turn_requests` requests or `limits::turn_bytes` bytes, then the others have theirs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "ipc/buffer_budget.hpp"
#include "ipc/call.hpp"
#include "ipc/denial.hpp"
#include "ipc/limits.hpp"
#include "ipc/line_buffer.hpp"
#include "ipc/method_table.hpp"
#include "ipc/request.hpp"
#include "ipc/traffic.hpp"

namespace valhalla::ipc {

using unix_socket =
    boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, boost::asio::io_context::executor_type>;

class connection;

/// What the connections of one server share, and what they ask of it. Outlives every connection that is not closed.
class connection_host {
  public:
    connection_host(const method_table& methods, const limits& limits, denial_observer on_denial)
        : table{methods},
          bounds{limits},
          budget{limits.buffer_bytes},
          denials{std::make_shared<const denial_observer>(on_denial ? std::move(on_denial) : [](const denial&) {})} {}
    virtual ~connection_host() = default;
    connection_host(const connection_host&) = delete;
    connection_host& operator=(const connection_host&) = delete;

    /// Has `turn` called soon, once for however many requests are answered until then.
    virtual void wants_turn(std::shared_ptr<connection> who) = 0;
    virtual void closed(connection& who) = 0;
    /// What `who` takes counts as that of `to` from now on. Nothing, or why that one has no room for it.
    [[nodiscard]] virtual std::optional<rpc_error> change_user(connection& who, user_id to) = 0;
    /// That a key gives now; none: it was revoked, or has expired.
    [[nodiscard]] virtual role role_of_key(const std::string& id) const = 0;
    /// Something that an operator should read.
    virtual void report(std::string_view what) = 0;

    const method_table& table;
    const limits bounds;
    buffer_budget budget;
    // Connections may outlive us, answers to them even more.
    const std::shared_ptr<const denial_observer> denials;
    const std::shared_ptr<traffic> counted = std::make_shared<traffic>();
    // Used within one step, by one connection after the other.
    request_scratch scratch;
    json_scratch params_scratch;
    parsed_line line;
    rate_limiter rates;
};

/// A request that is not answered yet, or whose answer waits for those before it.
struct pending_reply {
    std::string id;     ///< empty for a notification
    std::string reply;  ///< once answered
    method_label method;
    traffic::clock::time_point since;  ///< when the turn began that read it
    bool answered = false;
};

/// A batch that is being worked through.
struct running_batch {
    std::vector<std::string_view> elements;  ///< in the line buffer
    std::size_t next = 0;
    bool any_reply = false;
    std::string pushed;  ///< lines that came meanwhile, for behind the reply
};

class connection final : public reply_sink, public push_channel, public std::enable_shared_from_this<connection> {
  public:
    using clock = std::chrono::steady_clock;

    /// `taken_by_user` is what its user has taken of the budget; it lives as long as a connection of his is open.
    connection(connection_host& host, unix_socket socket, peer who, std::size_t& taken_by_user);

    /// Begins to read.
    void start();
    /// Goes on as far as possible, then writes what there is.
    void turn();
    /// From now on requests are refused with `shutting_down`; closes when all before are answered and written.
    void drain();
    /// Looks whether a line, a write or the end takes too long.
    void on_tick(clock::time_point now);
    void close();

    void deliver(std::uint64_t ticket, std::string_view result_json) override;
    void deliver_error(std::uint64_t ticket, const rpc_error& error) override;

    [[nodiscard]] bool ready() const noexcept override;
    void push(std::string_view lines) override;
    void set_source(std::shared_ptr<push_source> source) override;

    [[nodiscard]] const peer& who() const noexcept { return peer_; }
    [[nodiscard]] int socket() noexcept { return socket_.native_handle(); }
    /// What the user may do from now on, who came without a key.
    void change_role(role granted);
    /// What it has taken of the budget.
    [[nodiscard]] std::size_t taken_bytes() const noexcept { return input_claim_.bytes() + output_claim_.bytes(); }
    /// From now on that counts as another user's, of whom `taken_by_user` says what he has taken.
    void pass_to(std::size_t& taken_by_user) noexcept;

  private:
    friend class live_call;

    /// From the first of these on a peer is not read from before it has its answers; behind the last one it is again.
    static constexpr std::uint8_t enough_quiet_rounds = 8;
    static constexpr std::uint8_t most_quiet_rounds = 64;

    /// What a step came to.
    enum class progress : std::uint8_t {
        done,     ///< one request further
        starved,  ///< no complete line is there
        held_up,  ///< something in flight, or the peer's reading, has to come first
    };
    // Requests
    progress step();
    progress step_batch(running_batch& b);
    progress begin_batch(std::string_view line);
    [[nodiscard]] bool carry_out(const parsed_line& line);
    void run(const bound_method& method, const request& req);
    [[nodiscard]] std::optional<rpc_error> act_as(key_identity whom);
    void look_at_key();
    void take_role(role granted);
    [[nodiscard]] rpc_error no_role(role needed) const;
    [[nodiscard]] bool out_of_time_without_role(clock::time_point now) const noexcept;
    [[nodiscard]] std::optional<rpc_error> role_objection(const method_info& to) const;
    [[nodiscard]] std::optional<rpc_error> rate_objection(const bound_method& to, std::size_t times);
    [[nodiscard]] bool may_start(effect kind) const noexcept;

    // Answers
    [[nodiscard]] std::size_t in_flight() const noexcept { return static_cast<std::size_t>(tail_ - head_); }
    [[nodiscard]] pending_reply& slot_of(std::uint64_t ticket) noexcept { return slots_[ticket % slots_.size()]; }
    [[nodiscard]] pending_reply* waiting(std::uint64_t ticket) noexcept;
    std::uint64_t take_ticket(std::string_view id);
    [[nodiscard]] reply_handle defer(std::string_view id, const bound_method& method);
    void tell_denied(std::string_view method, const rpc_error& error) const;
    void answer(const method_label& of, std::string_view id, std::string_view result_json);
    void answer(const method_label& of, std::string_view id, const rpc_error& error);
    void count(const method_label& of, std::optional<error_code> error);
    void count_deferred(std::uint64_t ticket, std::optional<error_code> error);
    /// The time at which this turn began to read requests.
    [[nodiscard]] clock::time_point turn_time();
    template <class Append>
    void answer_now(std::string_view id, std::size_t most_bytes, const Append& append);
    template <class Append>
    void answer_later(std::uint64_t ticket, std::size_t most_bytes, const Append& append);
    [[nodiscard]] std::size_t most_result_bytes() const noexcept;
    [[nodiscard]] rpc_error too_large(std::size_t bytes) const;
    void forget_slot(pending_reply& s);
    void begin_reply();
    void end_reply();
    void release_answered();
    void ask_for_turn();

    // Input and output
    void conclude(progress last, bool answered);
    [[nodiscard]] bool waits_for_answer() const noexcept;
    void read();
    void on_read(const boost::system::error_code& fault, std::size_t count);
    void flush();
    void write_rest();
    void on_written(const boost::system::error_code& fault, std::size_t count);
    [[nodiscard]] std::size_t unsent() const noexcept { return out_.size() + sending_.size() - sent_; }
    [[nodiscard]] bool has_room(std::size_t bytes);
    [[nodiscard]] bool make_room(std::size_t bytes);
    [[nodiscard]] bool grow_output(std::size_t bytes);
    void overrun();
    void forget_output();
    void forget_sending();
    void account_for_output();
    [[nodiscard]] bool make_input_room();
    [[nodiscard]] bool peer_is_gone();
    void release_buffers();
    void end_with(const rpc_error& error);
    void linger();

    connection_host& host_;
    const std::shared_ptr<const denial_observer> denials_;
    const std::shared_ptr<traffic> counted_;
    unix_socket socket_;
    peer peer_;
    std::optional<clock::time_point> no_role_since_;

    line_buffer in_;
    buffer_claim input_claim_;
    std::optional<clock::time_point> line_since_;  // when the first bytes of an incomplete line came
    std::optional<running_batch> batch_;

    std::vector<pending_reply> slots_;  // a ring, taken at the first deferred answer
    std::uint64_t head_ = 0;            // oldest ticket in flight
    std::uint64_t tail_ = 0;            // next ticket
    effect flight_effect_ = effect::hot_read;
    std::size_t flight_bytes_ = 0;   // of long ids and of answers that wait, in the slots
    std::uint8_t quiet_rounds_ = 0;  // in a row: the peer sent nothing more until its changes were answered

    std::string out_;      // gathers
    std::string sending_;  // being written by an asynchronous write
    std::size_t sent_ = 0;
    buffer_claim output_claim_;
    clock::time_point write_progress_;
    clock::time_point linger_until_;

    std::optional<clock::time_point> turn_began_;  // read with the first request of a turn
    per_effect<std::uint32_t> turn_answers_{};     // of requests that this turn has read and answered

    std::shared_ptr<push_source> source_;  // null: no notifications

    bool reading_ = false;
    bool writing_ = false;
    bool in_turn_ = false;
    bool turn_wanted_ = false;
    bool barrier_ = false;  // the next request waits until nothing is in flight
    bool end_of_input_ = false;
    bool draining_ = false;
    bool ending_ = false;     // after a fatal error: nothing is parsed any more
    bool lingering_ = false;  // everything is said; input is thrown away
    bool closed_ = false;
    bool overrun_ = false;     // more answers came than are kept for a peer: it is disconnected
    bool stall_told_ = false;  // to the source, for the write that is stuck now
};

}  // namespace valhalla::ipc
