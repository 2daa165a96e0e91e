// SPDX-License-Identifier: Apache-2.0
//
// Whether the daemon answers at all. Asked without a key, on a connection that lasts for one answer: a user without a
// role may ask for a method that does not exist, and nothing of it is recorded. Those who ask at the same time, or soon
// after, are told the same. I/O thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace valhalla::http {

struct daemon_memory;

class health_probe final : public std::enable_shared_from_this<health_probe> {
  public:
    using clock = std::chrono::steady_clock;
    using handler = std::function<void(bool answers)>;

    /// For an answer; a daemon that takes longer is not well.
    static constexpr std::chrono::seconds answer_time{5};
    /// How long an answer is told to others. So often everyone who can reach the gateway may make it ask.
    static constexpr std::chrono::milliseconds told_time{20};

    /// `io` outlives it.
    health_probe(boost::asio::io_context& io, std::string socket_path, std::shared_ptr<daemon_memory> memory);
    ~health_probe();
    health_probe(const health_probe&) = delete;
    health_probe& operator=(const health_probe&) = delete;

    /// `done` is called once, perhaps before this returns.
    void ask(handler done);
    void on_tick(clock::time_point now);
    void close();

  private:
    class line;
    [[nodiscard]] bool connect();
    void ended(bool answers);

    boost::asio::io_context& io_;
    std::string path_;
    std::shared_ptr<daemon_memory> memory_;
    std::shared_ptr<line> line_;  ///< while it is asked
    std::vector<handler> waiting_;
    clock::time_point asked_{};
    clock::time_point told_{};
    bool answered_ = false;
};

}  // namespace valhalla::http
