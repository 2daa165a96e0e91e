// SPDX-License-Identifier: Apache-2.0
//
// valhalla-gateway: HTTP for the daemon. One thread.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <climits>

#include "ipc/http/memory_bound.hpp"
#include "ipc/http/options.hpp"
#include "ipc/http/server.hpp"
#include "ipc/service/service_manager.hpp"
#include "schema/base/printable.hpp"

namespace {

using namespace valhalla::http;
namespace service_manager = valhalla::service_manager;

// As the daemon's.
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_socket = 5;
/// Files beside connections: the daemon's connections, listening sockets, the loop.
constexpr rlim_t other_files = 128;
constexpr rlim_t fewest_connections = 16;

void report(std::string_view what) {
    // One write, and never one that waits: standard error may be a pipe that nobody reads, and one with room has room
    // for PIPE_BUF bytes.
    std::string line = "valhalla-gateway: ";
    line.append(valhalla::printable(what), 0, PIPE_BUF - line.size() - 1).append("\n");
    pollfd to{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&to, 1, 0) == 1 && (to.revents & POLLOUT) != 0) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }
}

/// As many open files as the connections need; fewer connections where that is not allowed.
void fit_to_open_files(limits& bounds) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return;
    }
    if (files.rlim_max < other_files + fewest_connections) {
        throw usage_error{"this process may open " + std::to_string(files.rlim_max) + " files, and it needs at least " +
                          std::to_string(other_files + fewest_connections) + "; raise LimitNOFILE= or ulimit -n"};
    }
    const rlim_t wanted = bounds.connections + other_files;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = std::min(wanted, files.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < wanted) {
        bounds.connections = files.rlim_cur - other_files;
        bounds.connections_per_peer = std::min(bounds.connections_per_peer, bounds.connections * 3 / 4);
        report("this process may open " + std::to_string(files.rlim_cur) + " files, so it has at most " +
               std::to_string(bounds.connections) + " connections; raise LimitNOFILE= for more");
    }
}

[[nodiscard]] std::string addresses(const std::vector<boost::asio::ip::tcp::endpoint>& at, bool tls) {
    std::string all;
    for (const auto& one : at) {
        all.append(all.empty() ? "" : ", ").append(tls ? "https://" : "http://").append(text_of(one));
    }
    return all;
}

/// On what the service manager has for it, otherwise on what it is told.
void begin_to_listen(server& serving, const program_options& options) {
    const auto taken = service_manager::take_sockets();
    for (const int socket : taken) {
        serving.adopt(socket);
    }
    if (taken.empty()) {
        for (const auto& one : options.listen) {
            serving.listen(one);
        }
    }
    const auto at = serving.endpoints();
    if (!taken.empty() && options.listen_said && at != options.listen) {
        report("the service manager opened " + addresses(at, options.tls.used()) +
               ", so what the configuration says of listen is not used; the socket unit says it (ListenStream=)");
    }
    if (const auto objection = objection_to_listening(options, at)) {
        throw usage_error{*objection};
    }
    serving.answer_for(hosts_of(options, at));
}

/// Tells systemd every few seconds that the loop turns, and what it has to do.
class watchdog {
  public:
    watchdog(boost::asio::io_context& io, const server& serving, std::string where)
        : timer_{io}, serving_{serving}, where_{std::move(where)} {}

    void start() {
        service_manager::ready(status());
        wait();
    }

  private:
    [[nodiscard]] std::string status() const {
        return "listening on " + where_ + ", " + std::to_string(serving_.connections()) + " connections";
    }
    void wait() {
        timer_.expires_after(told_every);
        timer_.async_wait([this](const boost::system::error_code& ended) {
            if (!ended) {
                service_manager::alive(status());
                wait();
            }
        });
    }

    static constexpr std::chrono::seconds told_every{5};
    boost::asio::steady_timer timer_;
    const server& serving_;
    std::string where_;
};

/// A certificate that is not valid now is served all the same: perhaps it is the clock that is wrong, at a machine's
/// start.
[[nodiscard]] tls_context first_tls(const tls_files& files) {
    auto loaded = load_tls(files);
    if (!loaded.objection.empty()) {
        report("clients will not accept the certificate: " + loaded.objection);
    }
    return std::move(loaded.context);
}

/// Certificate and key are read again, for connections that come from then on.
void read_tls_again(server& serving, const tls_files& files) {
    if (!files.used()) {
        report("there is nothing to read again: the configuration needs a restart");
        return;
    }
    try {
        auto loaded = load_tls(files);
        if (!loaded.objection.empty()) {
            throw tls_error{loaded.objection};
        }
        serving.use_tls(std::move(loaded.context));
        report("new connections get the certificate that is in " + files.certificate + " now, which expires at " +
               loaded.until);
    } catch (const tls_error& wrong) {
        report(std::string{"goes on with the certificate and the key that it has: "} + wrong.what());
    }
}

void on_hang_up(boost::asio::signal_set& signals, server& serving, const tls_files& files) {
    signals.async_wait([&signals, &serving, &files](const boost::system::error_code& cancelled, int) {
        if (!cancelled) {
            read_tls_again(serving, files);
            on_hang_up(signals, serving, files);
        }
    });
}

int run(const program_options& options) {
    auto bounds = options.bounds;
    fit_to_open_files(bounds);
    const auto daemon_socket = socket_of(options);
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    server serving{io,
                   {.socket = daemon_socket,
                    .origins = options.origins,
                    .trusted_proxies = options.trusted_proxies,
                    .dev = options.dev,
                    .dev_key = options.dev_key,
                    .report = report},
                   bounds,
                   report};
    if (options.tls.used()) {
        serving.use_tls(first_tls(options.tls));
    }
    begin_to_listen(serving, options);
    serving.start();
    boost::asio::signal_set hang_ups{io};
    if (!options.dev) {  // which ends with its terminal
        hang_ups.add(SIGHUP);
        on_hang_up(hang_ups, serving, options.tls);
    }
    boost::asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&](const boost::system::error_code& fault, int) {
        if (!fault) {
            service_manager::stopping("answering what was asked");
            hang_ups.cancel();
            serving.drain([&io] { io.stop(); });
        }
    });
    const auto at = addresses(serving.endpoints(), options.tls.used());
    const auto whom = options.dev_key.empty() ? "everyone on this machine" : "who has the key of VALHALLA_DEV_KEY";
    report(options.dev ? "development: asks the daemon at " + daemon_socket + "; " + whom + " can act as you, at " + at
                       : "listening on " + at + ", for those who have a key; asks the daemon at " + daemon_socket);
    watchdog alive{io, serving, at};
    alive.start();
    io.run();
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    std::ignore = std::signal(SIGPIPE, SIG_IGN);
    std::ignore = std::signal(SIGXFSZ, SIG_IGN);
    try {
        const auto parsed = parse_options({argv + 1, argv + argc}, ::getenv);
        if (!parsed.answer.empty()) {
            std::cout << parsed.answer;
            return EXIT_SUCCESS;
        }
        if (parsed.options.check) {
            std::cout << valhalla::printable(check_config(parsed.options), valhalla::line_breaks::keep) << std::flush;
            return std::cout ? EXIT_SUCCESS : exit_failed;
        }
        return run(parsed.options);
    } catch (const usage_error& wrong) {
        report(wrong.what());
        return exit_usage;
    } catch (const tls_error& wrong) {
        report(wrong.what());
        return exit_usage;
    } catch (const listen_error& wrong) {
        report(wrong.what());
        return exit_socket;
    } catch (const service_manager::handover_error& wrong) {
        report(std::string{"the service manager handed over "} + wrong.what());
        return exit_socket;
    } catch (const std::exception& failure) {
        report(failure.what());
        return exit_failed;
    }
}
