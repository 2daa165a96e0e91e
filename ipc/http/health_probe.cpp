// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/health_probe.hpp"

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "ipc/http/upstream.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view probe_line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.ping\"}\n";

}  // namespace

/// One connection to the daemon.
class health_probe::line {
  public:
    explicit line(boost::asio::io_context& io) : socket{io} {}
    unix_socket socket;
    std::array<char, 1> first{};
};

health_probe::health_probe(boost::asio::io_context& io, std::string socket_path, std::shared_ptr<daemon_memory> memory)
    : io_{io}, path_{std::move(socket_path)}, memory_{std::move(memory)} {}

health_probe::~health_probe() = default;

void health_probe::ask(handler done) {
    const auto now = clock::now();
    if (!line_ && now - told_ < told_time) {
        done(answered_);
        return;
    }
    waiting_.push_back(std::move(done));
    if (line_) {
        return;
    }
    asked_ = now;
    if (!connect()) {
        ended(false);
    }
}

bool health_probe::connect() {
    const auto made = std::make_shared<line>(io_);
    boost::system::error_code fault;
    made->socket.open(boost::asio::local::stream_protocol{}, fault);
    if (!fault) {
        made->socket.non_blocking(true, fault);
    }
    if (fault) {
        return false;
    }
    // Not by Asio, which would wait where the daemon's queue is full.
    const boost::asio::local::stream_protocol::endpoint to{path_};
    if (::connect(made->socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0) {
        memory_->reach.cannot_connect(errno);
        return false;
    }
    // It may have been turned away already: then there is something to read all the same.
    static_cast<void>(made->socket.write_some(boost::asio::buffer(probe_line), fault));
    made->socket.async_read_some(boost::asio::buffer(made->first),
                                 [self = shared_from_this(), made](const boost::system::error_code& end, std::size_t) {
                                     if (self->line_ == made) {
                                         self->ended(!end);
                                     }
                                 });
    line_ = made;
    return true;
}

void health_probe::ended(bool answers) {
    line_ = nullptr;
    answered_ = answers;
    if (answers) {
        memory_->reach.answers();
    }
    told_ = clock::now();
    for (const auto& done : std::exchange(waiting_, {})) {
        done(answers);
    }
}

void health_probe::on_tick(clock::time_point now) {
    if (line_ && now - asked_ > answer_time) {
        boost::system::error_code ignored;
        line_->socket.close(ignored);
        ended(false);
    }
}

void health_probe::close() {
    if (line_) {
        boost::system::error_code ignored;
        line_->socket.close(ignored);
        ended(false);
    }
}

}  // namespace valhalla::http
