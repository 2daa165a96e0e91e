// SPDX-License-Identifier: Apache-2.0
//
// valhalla-gateway: HTTP for the daemon. One thread.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "ipc/default_socket.hpp"
#include "ipc/http/options.hpp"
#include "ipc/http/server.hpp"

namespace {

using namespace valhalla::http;

// As the daemon's: 0 is a good end, 3 wrong usage, 1 everything else.
constexpr int exit_failed = 1;
constexpr int exit_usage = 3;
/// Files beside connections: the daemon's connections, listening sockets, the loop.
constexpr rlim_t other_files = 128;

void report(std::string_view what) {
    // One write, and never one that waits: standard error may be a pipe that nobody reads.
    std::string line = "valhalla-gateway: ";
    line.append(what).append("\n");
    std::fwrite(line.data(), 1, line.size(), stderr);
}

/// As many open files as the connections need; fewer connections where that is not allowed.
void fit_to_open_files(limits& bounds) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return;
    }
    const rlim_t wanted = bounds.connections + other_files;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = std::min(wanted, files.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < wanted) {
        bounds.connections = files.rlim_cur > 2 * other_files ? files.rlim_cur - other_files : other_files;
        bounds.connections_per_peer = std::min(bounds.connections_per_peer, bounds.connections * 3 / 4);
    }
}

int run(const program_options& given) {
    auto bounds = given.bounds;
    fit_to_open_files(bounds);
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    gateway_options options{.socket = given.socket.empty() ? valhalla::ipc::default_socket_path() : given.socket,
                            .origins = given.origins,
                            .dev = given.dev,
                            .dev_key = given.dev_key};
    server serving{io, std::move(options), bounds, report};
    serving.listen(given.listen);
    const auto at = serving.endpoint();
    serving.answer_for(loopback_hosts(at.address().to_string(), at.port()));
    serving.start();
    boost::asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&](const boost::system::error_code& fault, int) {
        if (!fault) {
            serving.drain([&io] { io.stop(); });
        }
    });
    report("development: everyone on this machine can act as you, at http://" +
           (at.address().is_v6() ? "[" + at.address().to_string() + "]" : at.address().to_string()) + ":" +
           std::to_string(at.port()));
    io.run();
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        const auto parsed = parse_options({argv + 1, argv + argc}, ::getenv);
        if (!parsed.answer.empty()) {
            std::cout << parsed.answer;
            return EXIT_SUCCESS;
        }
        return run(parsed.options);
    } catch (const usage_error& wrong) {
        std::cerr << "valhalla-gateway: " << wrong.what() << '\n';
        return exit_usage;
    } catch (const std::exception& failure) {
        std::cerr << "valhalla-gateway: " << failure.what() << '\n';
        return exit_failed;
    }
}
