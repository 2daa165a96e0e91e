// SPDX-License-Identifier: Apache-2.0
//
// Changes of a client's socket and when they are reported, over a TCP connection to this machine.
#include "ipc/http/client_socket.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

namespace valhalla::http::tests {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// The gateway's end of a connection, with the changes that were reported of it.
struct watched_socket final : socket_watcher {
    watched_socket(socket_set& in, client_socket::accepted_socket from) : set{in}, socket{std::move(from)} {
        BOOST_REQUIRE(set.watch(socket.native_handle(), *this));
    }
    ~watched_socket() { set.forget(*this); }
    watched_socket(const watched_socket&) = delete;
    watched_socket& operator=(const watched_socket&) = delete;

    void on_change(const socket_change& now) override {
        told.push_back(now);
        if (then) {
            then();
        }
    }
    std::string read() {
        std::string text(100, '\0');
        text.resize(socket.read_some(asio::buffer(text), fault));
        return text;
    }

    socket_set& set;
    client_socket socket;
    std::vector<socket_change> told;
    std::function<void()> then;
    boost::system::error_code fault;
};

struct client_sockets {
    asio::io_context io;
    tcp::acceptor acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    socket_set set{io};

    std::pair<std::unique_ptr<watched_socket>, tcp::socket> connected() {
        tcp::socket client{io};
        client.connect(acceptor.local_endpoint());
        client_socket::accepted_socket accepted{io};
        acceptor.accept(accepted);
        auto watched = std::make_unique<watched_socket>(set, std::move(accepted));
        until([&] { return !watched->told.empty(); });  // that it is writable
        watched->told.clear();
        return {std::move(watched), std::move(client)};
    }
    void until(const std::function<bool()>& condition) {
        while (!condition()) {
            io.restart();
            BOOST_REQUIRE(io.run_one_for(std::chrono::seconds{30}) == 1);
        }
    }
    void turn() {
        io.restart();
        io.poll();
    }
};

BOOST_FIXTURE_TEST_SUITE(http_client_socket, client_sockets)

BOOST_AUTO_TEST_CASE(reports_data_once_and_again_when_more_arrives) {
    auto [ours, client] = connected();
    BOOST_TEST(ours->read().empty());
    BOOST_TEST((ours->fault == asio::error::would_block));
    asio::write(client, asio::buffer("one", 3));
    until([&] { return !ours->told.empty(); });
    BOOST_TEST(ours->told.front().readable);
    BOOST_TEST(!ours->told.front().ending);
    BOOST_TEST(ours->read() == "one");
    turn();
    BOOST_TEST(ours->told.size() == 1U);
    asio::write(client, asio::buffer("two", 3));
    until([&] { return ours->told.size() == 2; });
    BOOST_TEST(ours->read() == "two");
}

BOOST_AUTO_TEST_CASE(reports_the_end_together_with_the_data_before_it) {
    auto [ours, client] = connected();
    asio::write(client, asio::buffer("last", 4));
    client.shutdown(tcp::socket::shutdown_send);
    until([&] { return !ours->told.empty() && ours->told.back().ending; });
    BOOST_TEST(ours->told.back().readable);
    BOOST_TEST(ours->read() == "last");
    BOOST_TEST(ours->read().empty());
    BOOST_TEST((ours->fault == asio::error::eof));
}

BOOST_AUTO_TEST_CASE(reports_that_a_full_socket_takes_data_again) {
    auto [ours, client] = connected();
    ours->socket.bound_send_buffer(4'096);
    const std::string much(1 << 20, 'x');
    std::size_t sent = 0;
    while (!ours->fault) {
        sent += ours->socket.write_some(much, ours->fault);
    }
    BOOST_TEST((ours->fault == asio::error::would_block));
    turn();
    ours->told.clear();
    std::string taken(sent, '\0');
    asio::read(client, asio::buffer(taken));
    until([&] { return !ours->told.empty(); });
    BOOST_TEST(ours->told.back().writable);
    BOOST_TEST(ours->socket.write_some(much, ours->fault) > 0U);
}

BOOST_AUTO_TEST_CASE(reports_nothing_to_a_watcher_that_another_one_closed_in_the_same_turn) {
    auto [first, first_client] = connected();
    auto [second, second_client] = connected();
    // Either may be first.
    first->then = [&second = second] { second.reset(); };
    second->then = [&first = first] { first.reset(); };
    asio::write(first_client, asio::buffer("x", 1));
    asio::write(second_client, asio::buffer("x", 1));
    until([&] { return !first || !second; });
    turn();
    BOOST_TEST((!first != !second));
    BOOST_TEST((first ? first : second)->told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(reports_a_reset_as_an_end) {
    auto [ours, client] = connected();
    client.set_option(asio::socket_base::linger{true, 0});
    client.close();
    until([&] { return !ours->told.empty(); });
    BOOST_TEST(ours->told.back().ending);
    BOOST_TEST(ours->read().empty());
    BOOST_TEST((ours->fault == asio::error::connection_reset));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::http::tests
