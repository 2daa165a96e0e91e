// SPDX-License-Identifier: Apache-2.0
//
// Listens, keeps the connections within their bounds, and looks at the clock for all of them. I/O thread.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "ipc/http/connection.hpp"
#include "ipc/http/gateway.hpp"
#include "ipc/http/limits.hpp"

namespace valhalla::http {

/// The address cannot be listened on. One sentence that names it.
class listen_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class server final : public connection_host {
  public:
    /// `io` outlives it. `report` is told what an operator should read.
    server(boost::asio::io_context& io, gateway_options options, const limits& bounds,
           std::function<void(std::string_view)> report);
    ~server() override;

    /// Throws `listen_error`.
    void listen(const boost::asio::ip::tcp::endpoint& at);
    /// Takes over a listening socket that was inherited. Throws `listen_error`.
    void adopt(int listening_socket);
    /// The names that requests may call it by.
    void answer_for(std::vector<std::string> hosts) { gateway_.answer_for(std::move(hosts)); }
    /// Connections that come from now on speak TLS.
    void use_tls(tls_context context) { tls_ = std::move(context); }
    /// Begins to look at the clock.
    void start();
    /// No new connections; `done` is called when all that is being answered was, or after a while.
    void drain(std::function<void()> done);

    /// Where it listens, with the ports that the system chose.
    [[nodiscard]] std::vector<boost::asio::ip::tcp::endpoint> endpoints() const;
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

    [[nodiscard]] bool begin(const request& head, const exchange& with) override { return gateway_.begin(head, with); }
    void handle(const request& whole, const exchange& with) override { gateway_.handle(whole, with); }
    void closed(connection& who) override;

  private:
    using tcp = boost::asio::ip::tcp;
    using acceptor = boost::asio::basic_socket_acceptor<tcp, boost::asio::io_context::executor_type>;
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                                    boost::asio::io_context::executor_type>;

    struct listener {
        listener(acceptor of, timer wait) : socket{std::move(of)}, pause{std::move(wait)} {}
        acceptor socket;
        timer pause;  ///< after an accept for which there were no files or no memory
    };

    void keep(acceptor made);
    void accept(listener& on);
    void accept_waiting(listener& on);
    void welcome(tcp_socket socket, const std::string& peer);
    [[nodiscard]] bool make_room(const std::string& counted);
    void tick();

    boost::asio::io_context& io_;
    gateway gateway_;
    std::function<void(std::string_view)> report_;
    bool accepting_fails_ = false;  // and was told; until nobody waits any more
    std::list<listener> listeners_;
    tls_context tls_;  // null: in clear
    timer ticks_;
    std::unordered_map<connection*, std::shared_ptr<connection>> connections_;
    std::unordered_map<std::string, std::size_t> of_peer_;
    std::function<void()> drained_;
    std::chrono::steady_clock::time_point drain_until_{};
};

}  // namespace valhalla::http
