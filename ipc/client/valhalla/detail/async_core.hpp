// SPDX-License-Identifier: Apache-2.0
//
// The inside of async_client; not for use by itself. One queue holds the calls in the order in which they were made:
// its first `sent_` are in the stream and wait for answers, the others wait for the stream. Asio's operations share the
// core; what belongs to an earlier connection finds another `generation_` and does nothing.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <valhalla/detail/permission.hpp>
#include <valhalla/error.hpp>
#include <valhalla/messages.hpp>
#include <valhalla/method.hpp>
#include <valhalla/options.hpp>
#include <valhalla/outcome.hpp>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace valhalla {

/// What an async_client tells beside the answers. Empty ones are not called.
struct async_handlers {
    /// `name`: e.g. "audit.event"; `params` has the shape of the struct of that name in <valhalla/methods.hpp>.
    std::function<void(std::string_view name, const boost::json::value& params)> notification{};
    /// After each connect. Follows of an earlier connection are gone: this is the place to begin them.
    std::function<void()> connected{};
    /// After each connection that was lost, and each attempt that failed.
    std::function<void(std::string_view why)> disconnected{};
};

namespace detail {

class async_core : public std::enable_shared_from_this<async_core> {
  public:
    using handler = std::function<void(outcome<boost::json::value>)>;

    async_core(boost::asio::any_io_executor executor, client_options options, async_handlers handlers)
        : executor_{std::move(executor)},
          options_{std::move(options)},
          handlers_{std::move(handlers)},
          path_{options_.socket.empty() ? default_socket_path() : options_.socket},
          socket_{executor_},
          pause_timer_{executor_},
          deadline_timer_{executor_},
          pause_{options_.first_pause} {
        constexpr std::size_t longest_path = 107;
        if (path_.size() > longest_path) {
            throw connection_error{path_ + ": a socket's path has 1 to 107 bytes"};
        }
    }

    void start() {
        boost::asio::post(executor_, [self = shared_from_this()] { self->connect(); });
    }

    void call(std::string_view method, const boost::json::object& params, handler done) {
        waiting one;
        one.method = method;
        one.params = params.empty() ? std::string{} : boost::json::serialize(params);
        one.reads = repeat_of(method) == repeat::always;
        one.twice = may_be_repeated(method, params);
        one.left = options_.retries;
        one.deadline = clock::now() + options_.timeout;
        one.done = std::move(done);
        if (closed_ || (lost_ && options_.retries == 0)) {
            finish_soon(std::move(one), path_ + ": the connection is " + (closed_ ? "closed" : "lost"));
            return;
        }
        queue_.push_back(std::move(one));
        watch_deadlines();
        flush();
    }

    void close() {
        if (closed_) {
            return;
        }
        closed_ = true;  // from here on no handler of `handlers_` is called; one of them may be who closes
        pause_timer_.cancel();
        deadline_timer_.cancel();
        lose("the client was closed");
    }

  private:
    using clock = std::chrono::steady_clock;

    struct waiting {
        std::uint64_t id = 0;
        std::string method;
        std::string params;
        handler done;
        clock::time_point deadline;
        std::uint64_t end = 0;  // offset in the stream behind its line; 0: not sent on this connection
        unsigned left = 0;      // further attempts
        bool reads = false;     // changes nothing
        bool twice = false;     // may be carried out twice
        bool in_doubt = false;  // an attempt before may have changed something
        bool expired = false;
    };

    static constexpr std::size_t write_bytes = std::size_t{64} << 10U;
    static constexpr std::size_t max_line_bytes = std::size_t{128} << 20U;

    void connect() {
        if (closed_) {
            return;
        }
        const auto mine = ++generation_;
        socket_.async_connect(boost::asio::local::stream_protocol::endpoint{path_},
                              [self = shared_from_this(), mine](const boost::system::error_code& fault) {
                                  if (mine == self->generation_) {
                                      fault ? self->not_connected(fault) : self->on_connected();
                                  }
                              });
    }

    void not_connected(const boost::system::error_code& fault) {
        lose(fault == boost::system::errc::no_such_file_or_directory ? "no daemon: there is no such socket"
             : fault == boost::system::errc::connection_refused      ? "no daemon is listening there"
             : fault == boost::system::errc::permission_denied       ? why_no_permission(path_)
                                                                     : "cannot connect: " + fault.message());
    }

    void on_connected() {
        connected_ = true;
        flush();
        read();
        if (handlers_.connected) {
            handlers_.connected();
        }
    }

    void flush() {
        if (!connected_ || writing_ || !parked_.empty() || sent_ == queue_.size()) {
            return;
        }
        outgoing_.clear();
        while (sent_ < queue_.size() && outgoing_.size() < write_bytes) {
            auto& next = queue_[sent_++];
            next.id = ++last_id_;
            const auto line = request_line(next.id, next.method, next.params);
            outgoing_ += line;
            planned_ += line.size();
            next.end = planned_;
        }
        writing_ = true;
        boost::asio::async_write(
            socket_, boost::asio::buffer(outgoing_),
            [self = shared_from_this(), mine = generation_](const boost::system::error_code& fault, std::size_t count) {
                if (mine == self->generation_) {
                    self->taken_ += count;
                    self->writing_ = static_cast<bool>(fault);  // what is wrong, the reading end is told
                    self->flush();
                }
            });
    }

    void read() {
        if (!connected_) {
            return;
        }
        socket_.async_read_some(
            boost::asio::buffer(incoming_),
            [self = shared_from_this(), mine = generation_](const boost::system::error_code& fault, std::size_t count) {
                if (mine != self->generation_) {
                    return;
                }
                if (fault) {
                    self->lose(self->why_.empty() ? "the daemon closed the connection" : self->why_);
                    return;
                }
                self->received_.append(self->incoming_.data(), count);
                self->take_lines(mine);
            });
    }

    void take_lines(std::uint64_t mine) {
        std::size_t begin = 0;
        std::size_t scanned = scanned_;
        for (;;) {
            const auto end = received_.find('\n', scanned);
            if (end == std::string::npos) {
                break;
            }
            const auto got = read_message(std::string_view{received_}.substr(begin, end - begin));
            begin = scanned = end + 1;
            try {
                take(got);
            } catch (...) {
                go_on_behind(begin, mine);
                throw;
            }
            if (mine != generation_) {
                return;  // a handler, or the line itself, ended the connection
            }
        }
        received_.erase(0, begin);
        scanned_ = received_.size();
        if (scanned_ > max_line_bytes) {
            lose("the daemon sent a line of more than " + std::to_string(max_line_bytes) + " bytes");
            return;
        }
        if (sent_ == 0 && !parked_.empty()) {
            lose("the daemon shuts down");
            return;
        }
        flush();
        read();
    }

    /// A handler threw: what came behind its line is not lost.
    void go_on_behind(std::size_t begin, std::uint64_t mine) {
        if (mine != generation_) {
            return;
        }
        received_.erase(0, begin);
        scanned_ = 0;
        boost::asio::post(executor_, [self = shared_from_this(), mine] {
            if (mine == self->generation_) {
                self->take_lines(mine);
            }
        });
    }

    void take(const message& got) {
        if (got.what == message::type::notification) {
            if (handlers_.notification) {
                handlers_.notification(got.name, got.body);
            }
            return;
        }
        const bool at_the_door = got.what == message::type::refusal && !got.id;
        if (at_the_door) {
            why_ = call_error{got.body.as_object()}.what();
        }
        if (at_the_door && sent_ == 0) {
            return;  // nothing was asked; the end of the connection follows
        }
        if (got.what == message::type::malformed) {
            lose_for_good("what answers there does not speak JSON-RPC");
        } else if (sent_ == 0 || (!at_the_door && got.id != queue_.front().id)) {
            lose_for_good("the answer is not the one to this request");
        } else {
            answer_front(got);
        }
    }

    void answer_front(const message& got) {
        auto one = std::move(queue_.front());
        queue_.pop_front();
        --sent_;
        if (got.what == message::type::result) {
            pause_ = options_.first_pause;
            one.done(outcome<boost::json::value>{got.body});
            return;
        }
        const bool unknown = says_unknown(got.body);
        one.in_doubt = one.in_doubt || (unknown && !one.reads);
        if ((says_not_now(got.body) || unknown) && one.left > 0 && (one.twice || !one.in_doubt)) {
            parked_.push_back(std::move(one));
            return;
        }
        const call_error refusal{got.body.as_object()};
        one.done(one.in_doubt ? in_doubt_about(one, refusal.what())
                              : outcome<boost::json::value>{std::make_exception_ptr(refusal)});
    }

    /// The connection is over. Whoever may be sent again stays in the queue, the others are told.
    void lose(const std::string& what, bool for_good = false) {
        const auto why = path_ + ": " + what;
        drop_connection();
        std::deque<waiting> before = std::exchange(queue_, {});
        const auto in_stream = std::exchange(sent_, 0);
        for (std::size_t i = 0; i < before.size(); ++i) {
            const bool handed_over = i < in_stream && before[i].end <= taken_;
            before[i].in_doubt = before[i].in_doubt || (handed_over && !before[i].reads);
        }
        before.insert(before.begin(), std::make_move_iterator(parked_.begin()), std::make_move_iterator(parked_.end()));
        parked_.clear();
        planned_ = taken_ = 0;
        for (auto& one : before) {
            const bool again = !closed_ && !for_good && !one.expired && one.left > 0 && (one.twice || !one.in_doubt);
            one.end = 0;
            if (again) {
                --one.left;
                queue_.push_back(std::move(one));
            } else {
                finish_soon(std::move(one), why);
            }
        }
        connect_later();
        watch_deadlines();
        if (handlers_.disconnected && !closed_) {
            handlers_.disconnected(why);
        }
    }
    void lose_for_good(const std::string& what) { lose(what, true); }

    void drop_connection() {
        boost::system::error_code ignored;
        socket_.close(ignored);
        socket_ = boost::asio::local::stream_protocol::socket{executor_};
        ++generation_;
        connected_ = writing_ = false;
        lost_ = true;
        received_.clear();
        scanned_ = 0;
        why_.clear();
    }

    void connect_later() {
        if (closed_ || options_.retries == 0) {
            return;
        }
        pause_timer_.expires_after(pause_);
        pause_ = std::min(pause_ * 2, options_.longest_pause);
        pause_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
            if (!cancelled) {
                self->connect();
            }
        });
    }

    void watch_deadlines() {
        if (watching_ || queue_.empty() || closed_) {
            return;
        }
        watching_ = true;
        deadline_timer_.expires_at(queue_.front().deadline);
        deadline_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& /*cancelled*/) {
            self->watching_ = false;
            if (!self->closed_) {
                self->expire();
                self->watch_deadlines();
            }
        });
    }

    /// Calls have the same patience, so the oldest expire first; the answers behind a missing one cannot come either.
    void expire() {
        const auto now = clock::now();
        const auto late = "no answer within " + std::to_string(options_.timeout.count()) + " ms";
        for (auto& one : queue_) {
            one.expired = one.deadline <= now;
        }
        for (auto& one : parked_) {
            one.expired = one.deadline <= now;
        }
        const auto is_late = [](const waiting& one) { return one.expired; };
        const bool in_stream =
            std::any_of(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(sent_), is_late);
        if (in_stream || std::ranges::any_of(parked_, is_late)) {
            lose(late);
            return;
        }
        while (sent_ < queue_.size() && queue_[sent_].expired) {
            finish_soon(std::move(queue_[sent_]), path_ + ": " + late);
            queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(sent_));
        }
    }

    static outcome<boost::json::value> in_doubt_about(const waiting& one, const std::string& why) {
        return outcome<boost::json::value>{
            std::make_exception_ptr(outcome_unknown{why + "; nobody knows whether " + one.method + " was carried out" +
                                                    (one.twice ? ": call it again with the same request_key" : "")})};
    }

    void finish_soon(waiting one, const std::string& why) {
        auto failed = one.in_doubt ? in_doubt_about(one, why)
                                   : outcome<boost::json::value>{std::make_exception_ptr(connection_error{why})};
        boost::asio::post(executor_, [done = std::move(one.done), failed = std::move(failed)] { done(failed); });
    }

    boost::asio::any_io_executor executor_;
    client_options options_;
    async_handlers handlers_;
    std::string path_;
    boost::asio::local::stream_protocol::socket socket_;
    boost::asio::steady_timer pause_timer_;
    boost::asio::steady_timer deadline_timer_;
    std::chrono::milliseconds pause_;
    std::deque<waiting> queue_;
    std::vector<waiting> parked_;  // refused for now; they go first on the next connection
    std::size_t sent_ = 0;
    std::uint64_t planned_ = 0;  // bytes that were given to the stream …
    std::uint64_t taken_ = 0;    // … and that the kernel took
    std::uint64_t last_id_ = 0;
    std::uint64_t generation_ = 0;
    std::string outgoing_;
    std::string received_;
    std::size_t scanned_ = 0;  // bytes of `received_` without a newline
    std::string why_;          // the daemon's last words, if there were any
    std::array<char, std::size_t{64} << 10U> incoming_{};
    bool connected_ = false;
    bool writing_ = false;
    bool watching_ = false;
    bool lost_ = false;
    bool closed_ = false;
};

}  // namespace detail

}  // namespace valhalla
