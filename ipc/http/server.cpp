// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/server.hpp"

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace valhalla::http {

namespace {

/// After the process ran out of files or memory.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds drain_time{10};

[[nodiscard]] std::string text_of(const boost::asio::ip::tcp::endpoint& at) {
    const auto address = at.address().to_string();
    return (at.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(at.port());
}

}  // namespace

server::server(boost::asio::io_context& io, gateway_options options, const limits& with_bounds,
               std::function<void(std::string_view)> report)
    : connection_host{with_bounds},
      io_{io},
      gateway_{io, std::move(options), bounds},
      report_{std::move(report)},
      ticks_{io},
      pause_{io} {}

server::~server() {
    acceptors_.clear();
    const auto all = std::exchange(connections_, {});
    for (const auto& [_, one] : all) {
        one->close();
    }
    gateway_.close();
}

void server::listen(const tcp::endpoint& at) {
    boost::system::error_code fault;
    acceptor made{io_};
    made.open(at.protocol(), fault);
    if (!fault) {
        made.set_option(boost::asio::socket_base::reuse_address{true}, fault);
    }
    if (!fault && at.address().is_v6()) {
        made.set_option(boost::asio::ip::v6_only{true}, fault);
    }
    if (!fault) {
        made.bind(at, fault);
    }
    if (!fault) {
        made.listen(bounds.backlog, fault);
    }
    if (fault) {
        throw listen_error{"cannot listen on " + text_of(at) + ": " + fault.message()};
    }
    acceptors_.push_back(std::move(made));
    accept(acceptors_.back());
}

void server::adopt(int listening_socket) {
    sockaddr_storage about{};
    socklen_t size = sizeof about;
    if (::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&about), &size) != 0 ||
        (about.ss_family != AF_INET && about.ss_family != AF_INET6)) {
        throw listen_error{"the socket that was handed over is not one of TCP"};
    }
    boost::system::error_code fault;
    acceptor made{io_};
    made.assign(about.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listening_socket, fault);
    if (fault) {
        throw listen_error{"the socket that was handed over cannot be used: " + fault.message()};
    }
    acceptors_.push_back(std::move(made));
    accept(acceptors_.back());
}

boost::asio::ip::tcp::endpoint server::endpoint() const {
    boost::system::error_code ignored;
    return acceptors_.empty() ? tcp::endpoint{} : acceptors_.front().local_endpoint(ignored);
}

void server::start() {
    tick();
}

void server::accept(acceptor& on) {
    on.async_accept(io_, [this, &on](const boost::system::error_code& fault, tcp_socket socket) {
        if (fault == boost::asio::error::operation_aborted) {
            return;
        }
        if (fault) {
            report_("cannot accept a connection: " + fault.message());
            pause_.expires_after(accept_pause);
            pause_.async_wait([this, &on](const boost::system::error_code& ended) {
                if (!ended) {
                    accept(on);
                }
            });
            return;
        }
        boost::system::error_code gone;
        const auto from = socket.remote_endpoint(gone);
        if (!gone) {
            welcome(std::move(socket), from.address().to_string());
        }
        accept(on);
    });
}

void server::welcome(tcp_socket socket, const std::string& peer) {
    if (!make_room(peer)) {
        return;  // closed at once: there is nothing that could be said to it for less than it takes to serve it
    }
    const auto made = std::make_shared<connection>(*this, std::move(socket), peer);
    connections_.emplace(made.get(), made);
    ++of_peer_[peer];
    made->start();
}

/// At a limit the connection that has been idle longest gives way: of the peer, or of all.
bool server::make_room(const std::string& peer) {
    const auto of_this = of_peer_.find(peer);
    const bool peer_full = of_this != of_peer_.end() && of_this->second >= bounds.connections_per_peer;
    if (!peer_full && connections_.size() < bounds.connections) {
        return true;
    }
    std::shared_ptr<connection> longest;
    for (const auto& [_, one] : connections_) {
        if (one->idle() && (!peer_full || one->peer() == peer) &&
            (!longest || one->idle_since() < longest->idle_since())) {
            longest = one;
        }
    }
    if (longest) {
        longest->close();
    }
    return longest != nullptr;
}

void server::closed(connection& who) {
    const auto found = of_peer_.find(who.peer());
    if (found != of_peer_.end() && --found->second == 0) {
        of_peer_.erase(found);
    }
    // Not destroyed here: it is in the middle of something.
    if (const auto one = connections_.find(&who); one != connections_.end()) {
        const auto kept = one->second;
        connections_.erase(one);
    }
}

void server::tick() {
    const auto now = connection::clock::now();
    std::vector<std::shared_ptr<connection>> all;
    all.reserve(connections_.size());
    for (const auto& [_, one] : connections_) {
        all.push_back(one);
    }
    for (const auto& one : all) {
        one->on_tick(now);
    }
    gateway_.on_tick(now);
    if (drained_ && (connections_.empty() || now > drain_until_)) {
        std::exchange(drained_, nullptr)();
        return;
    }
    ticks_.expires_after(bounds.tick);
    ticks_.async_wait([this](const boost::system::error_code& fault) {
        if (!fault) {
            tick();
        }
    });
}

void server::drain(std::function<void()> done) {
    acceptors_.clear();
    drained_ = std::move(done);
    drain_until_ = connection::clock::now() + drain_time;
    std::vector<std::shared_ptr<connection>> all;
    for (const auto& [_, one] : connections_) {
        all.push_back(one);
    }
    for (const auto& one : all) {
        one->drain();
    }
    ticks_.cancel();
    tick();
}

}  // namespace valhalla::http
