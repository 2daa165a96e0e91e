// SPDX-License-Identifier: Apache-2.0
//
// The trail as server-sent events: one follow of the daemon for all readers of an identity. I/O thread.
//
//   daemon -> follow -> [the newest events] -> a batch each `batch_time` -> every reader that is up to date
//                              ^
//   audit.list, page by page --' for a reader that is behind, until the newest events reach back to it
//
// A reader that does not read is cut off by its connection; the others do not notice.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "ipc/http/connection.hpp"
#include "ipc/http/identity.hpp"
#include "ipc/http/upstream.hpp"

namespace valhalla::http {

class event_hub final : public std::enable_shared_from_this<event_hub> {
  public:
    using clock = std::chrono::steady_clock;

    /// Of the newest events, which are kept for those who come behind.
    static constexpr std::size_t most_newest_bytes = std::size_t{1} << 20U;

    /// `io` outlives it. `key`: of the identity; empty for the user who runs the gateway.
    event_hub(boost::asio::io_context& io, const std::string& socket_path, const std::string& key,
              std::shared_ptr<daemon_memory> memory);

    /// Answers with a stream of the records behind `after`; without it, of those that come. The stream begins when the
    /// daemon has said that `who` may follow the trail. `who` is asked for what is older than the newest events. `told`
    /// is called once, perhaps before this returns: with a result when the stream begins, and otherwise with why it
    /// does not, which is to be answered there.
    void join(const exchange& with, std::optional<std::uint64_t> after, std::shared_ptr<identity> who,
              answer_handler told);
    void on_tick(clock::time_point now, std::chrono::milliseconds answer_time);
    void close();

    /// Nobody reads or is about to.
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] bool key_refused() const noexcept { return source_->key_refused(); }

  private:
    struct reader {
        std::shared_ptr<connection> to;
        std::shared_ptr<identity> who;
        std::optional<std::uint64_t> after;
        clock::time_point last_sent;
        bool live = false;
        bool asking = false;
    };
    /// Who waits for the daemon's word.
    struct joiner {
        exchange with;
        std::optional<std::uint64_t> after;
        std::shared_ptr<identity> who;
        answer_handler told;
    };
    struct event {
        std::uint64_t seq = 0;
        std::string text;
    };
    enum class state : std::uint8_t { away, asked, following };
    using timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>,
                                                    boost::asio::io_context::executor_type>;

    void follow();
    void take_follow(const upstream_answer& answer);
    void begin(joiner&& who);
    void look_for_position(joiner&& who);
    void start(joiner&& who);
    void follow_ended();
    void take(std::string_view line);
    void flush();
    void send(reader& to, std::string_view text);
    void catch_up(const std::shared_ptr<reader>& who);
    void take_page(const std::shared_ptr<reader>& who, const upstream_answer& answer);
    void drop_closed();

    std::shared_ptr<upstream> source_;
    timer batch_;
    std::vector<joiner> joining_;
    std::vector<std::shared_ptr<reader>> readers_;
    std::deque<event> newest_;
    std::size_t newest_bytes_ = 0;
    std::string waiting_;                ///< of the newest events: not sent to those who are up to date
    std::optional<std::uint64_t> tail_;  ///< seq of the last event that came; while it follows
    state state_ = state::away;
    bool batch_wanted_ = false;
    bool closed_ = false;
};

}  // namespace valhalla::http
