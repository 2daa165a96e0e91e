// SPDX-License-Identifier: Apache-2.0
//
// valhalla-load: a closed-loop loader. Each connection keeps `depth` requests in flight; a reply lets the next one go.
// One thread, epoll. Latency is from the write of a request to the read of its reply; with a depth above 1 that
// includes the requests ahead of it on its connection.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using clock_type = std::chrono::steady_clock;

struct settings {
    std::string socket;
    std::string method = "session.status";
    std::string params = "{}";
    std::size_t connections = 1;
    std::size_t depth = 1;
    double seconds = 2;
    bool json = false;
};

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

class connection {
  public:
    connection(const settings& s, std::string_view request) : request_{request} {
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (s.socket.size() >= sizeof address.sun_path) {
            errno = ENAMETOOLONG;
            fail("socket path");
        }
        std::memcpy(address.sun_path, s.socket.data(), s.socket.size());
        if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            fail("connect");
        }
    }
    ~connection() { ::close(fd_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Requests are small and few, so a blocking write is good enough: the daemon reads before we wait.
    void send(std::size_t count) {
        out_.clear();
        const auto now = clock_type::now();
        for (std::size_t i = 0; i < count; ++i) {
            out_ += request_;
            sent_.push_back(now);
        }
        for (std::string_view rest = out_; !rest.empty();) {
            const auto written = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (written < 0) {
                fail("send");
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    /// Takes what has come; gives the number of complete replies and notes their latencies.
    std::size_t receive(std::vector<std::uint32_t>& latencies_us, std::size_t& errors) {
        static std::array<char, 262'144> buffer;
        const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            fail("recv: the daemon closed the connection");
        }
        const auto now = clock_type::now();
        std::size_t replies = 0;
        for (std::string_view rest{buffer.data(), static_cast<std::size_t>(got)}; !rest.empty();) {
            const auto end = rest.find('\n');
            if (head_.size() < head_kept) {
                head_ += rest.substr(0, std::min(end, head_kept - head_.size()));
            }
            if (end == std::string_view::npos) {
                break;
            }
            errors += head_.find("\"error\":") != std::string::npos ? 1U : 0U;
            head_.clear();
            const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(now - sent_.front());
            latencies_us.push_back(static_cast<std::uint32_t>(waited.count()));
            sent_.pop_front();
            ++replies;
            rest.remove_prefix(end + 1);
        }
        return replies;
    }

  private:
    /// Enough of a reply to see whether it is an error.
    static constexpr std::size_t head_kept = 40;

    std::string_view request_;
    int fd_ = -1;
    std::string out_;
    std::string head_;
    std::deque<clock_type::time_point> sent_;
};

struct result {
    std::size_t replies = 0;
    std::size_t errors = 0;
    double seconds = 0;
    std::vector<std::uint32_t> latencies_us;

    [[nodiscard]] std::uint32_t percentile(double share) const {
        if (latencies_us.empty()) {
            return 0;
        }
        const auto last = static_cast<double>(latencies_us.size() - 1);
        return latencies_us[static_cast<std::size_t>(share * last)];
    }
};

result run(const settings& s) {
    const auto request =
        fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\",\"params\":{}}}\n", s.method, s.params);
    std::deque<connection> connections;
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < s.connections; ++i) {
        auto& one = connections.emplace_back(s, request);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &one;
        if (::epoll_ctl(poll, EPOLL_CTL_ADD, one.fd(), &event) != 0) {
            fail("epoll_ctl");
        }
    }
    result r;
    const auto start = clock_type::now();
    const auto until =
        start + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>{s.seconds});
    for (auto& one : connections) {
        one.send(s.depth);
    }
    std::array<epoll_event, 256> ready{};
    auto now = start;
    while (now < until) {
        const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 1'000);
        if (count < 0 && errno != EINTR) {
            fail("epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            auto& one = *static_cast<connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
            const auto replies = one.receive(r.latencies_us, r.errors);
            r.replies += replies;
            one.send(replies);
        }
        now = clock_type::now();
    }
    r.seconds = std::chrono::duration<double>(now - start).count();
    ::close(poll);
    std::ranges::sort(r.latencies_us);
    return r;
}

void print(const settings& s, const result& r) {
    const double rate = static_cast<double>(r.replies) / r.seconds;
    if (s.json) {
        fmt::print(
            "{{\"method\":\"{}\",\"connections\":{},\"depth\":{},\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},"
            "\"p999_us\":{},\"errors\":{}}}\n",
            s.method, s.connections, s.depth, rate, r.percentile(0.5), r.percentile(0.99), r.percentile(0.999),
            r.errors);
        return;
    }
    fmt::print("{:<16} {:>3} x {:<3} {:>10.0f}/s   p50 {:>7} us   p99 {:>7} us   p99.9 {:>7} us   errors {}\n",
               s.method, s.connections, s.depth, rate, r.percentile(0.5), r.percentile(0.99), r.percentile(0.999),
               r.errors);
}

}  // namespace

int main(int argc, char** argv) {
    settings s;
    CLI::App app{"Loads a valhallad and measures its answers."};
    app.add_option("--socket", s.socket, "Where the daemon listens")->required();
    app.add_option("--method", s.method, "Method to call");
    app.add_option("--params", s.params, "Its parameters, JSON");
    app.add_option("--connections", s.connections, "Connections");
    app.add_option("--depth", s.depth, "Requests in flight on each");
    app.add_option("--seconds", s.seconds, "How long");
    app.add_flag("--json", s.json, "One line of JSON");
    CLI11_PARSE(app, argc, argv);
    try {
        print(s, run(s));
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhalla-load: {}\n", e.what());
        return 1;
    }
    return 0;
}
