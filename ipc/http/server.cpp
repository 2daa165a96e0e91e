// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/server.hpp"

#include <sys/socket.h>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "ipc/http/allowed.hpp"
#include "ipc/http/options.hpp"

namespace valhalla::http {

namespace {

/// After the process ran out of files or memory.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds drain_time{10};
/// Connections taken from the backlog before those that are open have their turn.
constexpr std::size_t accepted_at_once = 64;

}  // namespace

server::server(boost::asio::io_context& io, gateway_options options, const limits& with_bounds,
               std::function<void(std::string_view)> report)
    : connection_host{with_bounds},
      io_{io},
      gateway_{io, std::move(options), bounds},
      report_{std::move(report)},
      ticks_{io} {}

server::~server() {
    listeners_.clear();
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
        const bool taken = fault == boost::asio::error::address_in_use;
        throw listen_error{"cannot listen on " + text_of(at) + ": " + fault.message() +
                           (taken ? "; stop what listens there or choose another address with --listen" : "")};
    }
    keep(std::move(made));
}

void server::adopt(int listening_socket) {
    const auto option = [listening_socket](int name) {
        int value = 0;
        socklen_t size = sizeof value;
        return ::getsockopt(listening_socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    const int family = option(SO_DOMAIN);
    if ((family != AF_INET && family != AF_INET6) || option(SO_TYPE) != SOCK_STREAM || option(SO_ACCEPTCONN) != 1) {
        throw listen_error{
            "the service manager handed over something other than a listening TCP socket; a socket unit for "
            "valhalla-gateway has ListenStream= with addresses and ports"};
    }
    boost::system::error_code fault;
    acceptor made{io_};
    made.assign(family == AF_INET6 ? tcp::v6() : tcp::v4(), listening_socket, fault);
    if (fault) {
        throw listen_error{"the socket that the service manager handed over cannot be used: " + fault.message()};
    }
    keep(std::move(made));
}

void server::keep(acceptor made) {
    made.non_blocking(true);
    auto& added = listeners_.emplace_back(std::move(made), timer{io_});
    accept(added);
}

std::vector<boost::asio::ip::tcp::endpoint> server::endpoints() const {
    std::vector<tcp::endpoint> all;
    for (const auto& one : listeners_) {
        boost::system::error_code ignored;
        all.push_back(one.socket.local_endpoint(ignored));
    }
    return all;
}

void server::start() {
    tick();
}

// Waits first and accepts then, both on this thread: when accepting stops, every connection is either served here or
// still in the backlog, where the process that inherits the socket next finds it.
void server::accept(listener& on) {
    on.socket.async_wait(acceptor::wait_read, [this, &on](const boost::system::error_code& cancelled) {
        if (!cancelled && !drained_) {
            accept_waiting(on);
        }
    });
}

void server::accept_waiting(listener& on) {
    for (std::size_t accepted = 0; accepted < accepted_at_once; ++accepted) {
        boost::system::error_code fault;
        tcp_socket socket = on.socket.accept(fault);
        if (fault == boost::asio::error::would_block) {
            accepting_fails_ = false;
            break;
        }
        if (fault && fault != boost::asio::error::connection_aborted) {
            if (!std::exchange(accepting_fails_, true)) {
                report_("cannot accept connections for now: " + fault.message());
            }
            on.pause.expires_after(accept_pause);
            on.pause.async_wait([this, &on](const boost::system::error_code& ended) {
                if (!ended && !drained_) {
                    accept(on);
                }
            });
            return;
        }
        boost::system::error_code gone = fault;
        const auto from = gone ? tcp::endpoint{} : socket.remote_endpoint(gone);
        if (!gone) {
            welcome(std::move(socket), unmapped(from.address()).to_string());
        }
    }
    accept(on);
}

void server::welcome(tcp_socket socket, const std::string& peer) {
    const auto counted = counted_for(peer);
    if (!make_room(counted)) {
        return;  // closed at once: there is nothing that could be said to it for less than it takes to serve it
    }
    const auto made = std::make_shared<connection>(*this, std::move(socket), peer, tls_);
    connections_.emplace(made.get(), made);
    ++of_peer_[counted];
    made->start();
}

/// At a limit the connection that has been idle longest gives way: of the peer, or of all.
bool server::make_room(const std::string& counted) {
    const auto of_this = of_peer_.find(counted);
    const bool peer_full = of_this != of_peer_.end() && of_this->second >= bounds.connections_per_peer;
    if (!peer_full && connections_.size() < bounds.connections) {
        return true;
    }
    std::shared_ptr<connection> longest;
    for (const auto& [_, one] : connections_) {
        if (one->idle() && (!peer_full || one->counted() == counted) &&
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
    const auto found = of_peer_.find(who.counted());
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
    drained_ = std::move(done);
    listeners_.clear();
    drain_until_ = connection::clock::now() + drain_time;
    std::vector<std::shared_ptr<connection>> all;
    all.reserve(connections_.size());
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
