// SPDX-License-Identifier: Apache-2.0
//
// valhalla-load: a closed-loop loader. Each connection keeps `depth` requests in flight; a reply lets the next one go.
// One thread, epoll. Latency is from the write of a request to the read of its reply; with a depth above 1 that
// includes the requests ahead of it on its connection. The same loop loads Redis (--resp), so that nothing but the
// server differs. Prints one line of JSON.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
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
    std::string other_method;
    std::string other_params = "{}";
    std::size_t other_every = 0;  // every so many requests are `other_method`; 0: none
    std::vector<std::string> resp;
    std::size_t connections = 1;
    std::size_t depth = 1;
    double warm_up = 0.3;  // seconds, not counted
    double seconds = 2;
};

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

/// Finds the end of one reply after another in what a server sends.
class json_lines {
  public:
    /// Takes a part of the stream off `rest`; true when it ended a reply.
    bool take(std::string_view& rest) {
        const auto end = rest.find('\n');
        if (head_.size() < head_kept) {
            head_ += rest.substr(0, std::min(end, head_kept - head_.size()));
        }
        if (end == std::string_view::npos) {
            rest = {};
            return false;
        }
        rest.remove_prefix(end + 1);
        error_ = head_.find("\"error\":") != std::string::npos;
        head_.clear();
        return true;
    }
    [[nodiscard]] bool error() const noexcept { return error_; }

  private:
    static constexpr std::size_t head_kept = 40;  // enough of a reply to see whether it is an error
    std::string head_;
    bool error_ = false;
};

/// Simple strings, errors and bulk strings: what GET, SET and XADD answer.
class resp_replies {
  public:
    bool take(std::string_view& rest) {
        while (left_ == 0) {
            const auto end = rest.find('\n');
            line_ += rest.substr(0, end);
            if (end == std::string_view::npos) {
                rest = {};
                return false;
            }
            rest.remove_prefix(end + 1);
            error_ = line_.front() == '-';
            const bool bulk = line_.front() == '$' && line_[1] != '-';
            if (bulk) {
                std::from_chars(line_.data() + 1, line_.data() + line_.size(), left_);
                left_ += 2;  // \r\n
            }
            line_.clear();
            if (!bulk) {
                return true;
            }
        }
        const auto taken = std::min(left_, rest.size());
        rest.remove_prefix(taken);
        left_ -= taken;
        return left_ == 0;
    }
    [[nodiscard]] bool error() const noexcept { return error_; }

  private:
    std::string line_;
    std::size_t left_ = 0;  // of a bulk string
    bool error_ = false;
};

std::string json_request(std::string_view method, std::string_view params) {
    return fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\",\"params\":{}}}\n", method, params);
}

std::string resp_request(const std::vector<std::string>& words) {
    std::string out = fmt::format("*{}\r\n", words.size());
    for (const auto& word : words) {
        out += fmt::format("${}\r\n{}\r\n", word.size(), word);
    }
    return out;
}

struct measured {
    std::size_t replies = 0;      // within the counted time
    std::size_t all_replies = 0;  // with those of the warm-up
    std::size_t errors = 0;
    double seconds = 0;
    std::vector<std::uint32_t> latencies_us;
    std::vector<std::uint32_t> other_latencies_us;
    bool counting = false;
};

/// What is asked: mostly one request, now and then another.
class traffic {
  public:
    explicit traffic(const settings& s)
        : usual_{s.resp.empty() ? json_request(s.method, s.params) : resp_request(s.resp)},
          other_{s.other_every == 0 ? "" : json_request(s.other_method, s.other_params)},
          other_every_{s.other_every} {}

    /// Appends the next request; true when it is the other one.
    bool next(std::string& out) {
        const bool other = other_every_ != 0 && ++count_ % other_every_ == 0;
        out += other ? other_ : usual_;
        return other;
    }

  private:
    std::string usual_;
    std::string other_;
    std::size_t other_every_;
    std::size_t count_ = 0;
};

template <class Replies>
class connection {
  public:
    connection(const std::string& socket, traffic& what) : what_{what} {
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (socket.size() >= sizeof address.sun_path) {
            errno = ENAMETOOLONG;
            fail("socket path");
        }
        std::memcpy(address.sun_path, socket.data(), socket.size());
        if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            fail("connect");
        }
    }
    ~connection() { ::close(fd_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Requests are small and few, so a blocking write is good enough: the server reads before we wait.
    void send(std::size_t count) {
        out_.clear();
        const auto now = clock_type::now();
        for (std::size_t i = 0; i < count; ++i) {
            const bool other = what_.next(out_);
            sent_.push_back({now, other});
        }
        for (std::string_view rest = out_; !rest.empty();) {
            const auto written = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (written < 0) {
                fail("send");
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    /// Takes what has come; the number of complete replies.
    std::size_t receive(measured& into) {
        static std::array<char, 262'144> buffer;
        const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            fail("recv: the server closed the connection");
        }
        const auto now = clock_type::now();
        std::size_t replies = 0;
        for (std::string_view rest{buffer.data(), static_cast<std::size_t>(got)}; !rest.empty();) {
            if (!replies_.take(rest)) {
                break;
            }
            const auto [sent, other] = sent_.front();
            sent_.pop_front();
            ++replies;
            into.errors += replies_.error() ? 1U : 0U;
            if (into.counting) {
                const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(now - sent).count();
                (other ? into.other_latencies_us : into.latencies_us).push_back(static_cast<std::uint32_t>(waited));
            }
        }
        return replies;
    }

  private:
    struct in_flight {
        clock_type::time_point since;
        bool other;
    };

    traffic& what_;
    int fd_ = -1;
    std::string out_;
    Replies replies_;
    std::deque<in_flight> sent_;
};

clock_type::duration in_seconds(double s) {
    return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>{s});
}

template <class Replies>
measured run(const settings& s) {
    traffic what{s};
    std::deque<connection<Replies>> connections;
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < s.connections; ++i) {
        auto& one = connections.emplace_back(s.socket, what);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &one;
        if (::epoll_ctl(poll, EPOLL_CTL_ADD, one.fd(), &event) != 0) {
            fail("epoll_ctl");
        }
    }
    measured m;
    const auto begin = clock_type::now();
    const auto start = begin + in_seconds(s.warm_up);
    const auto until = start + in_seconds(s.seconds);
    for (auto& one : connections) {
        one.send(s.depth);
    }
    std::array<epoll_event, 512> ready{};
    auto now = begin;
    while (now < until) {
        const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 1'000);
        if (count < 0 && errno != EINTR) {
            fail("epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            auto& one = *static_cast<connection<Replies>*>(ready[static_cast<std::size_t>(i)].data.ptr);
            const auto replies = one.receive(m);
            m.all_replies += replies;
            m.replies += m.counting ? replies : 0;
            one.send(replies);
        }
        now = clock_type::now();
        m.counting = now >= start;
    }
    m.seconds = std::chrono::duration<double>(now - start).count();
    ::close(poll);
    std::ranges::sort(m.latencies_us);
    std::ranges::sort(m.other_latencies_us);
    return m;
}

std::uint32_t percentile(const std::vector<std::uint32_t>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void print(const measured& m) {
    fmt::print(
        "{{\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"other_p99_us\":{},\"errors\":{},"
        "\"all_replies\":{}}}\n",
        static_cast<double>(m.replies) / m.seconds, percentile(m.latencies_us, 0.5), percentile(m.latencies_us, 0.99),
        percentile(m.latencies_us, 0.999), percentile(m.other_latencies_us, 0.99), m.errors, m.all_replies);
}

}  // namespace

int main(int argc, char** argv) {
    settings s;
    CLI::App app{"Loads a valhallad, or a Redis, and measures its answers."};
    app.add_option("--socket", s.socket, "Where the server listens")->required();
    app.add_option("--method", s.method, "Method to call");
    app.add_option("--params", s.params, "Its parameters, JSON");
    app.add_option("--other-method", s.other_method, "Method to call now and then instead");
    app.add_option("--other-params", s.other_params, "Its parameters, JSON");
    app.add_option("--other-every", s.other_every, "Every so many requests are the other one");
    app.add_option("--resp", s.resp, "The words of a Redis command, which is sent instead");
    app.add_option("--connections", s.connections, "Connections");
    app.add_option("--depth", s.depth, "Requests in flight on each");
    app.add_option("--warm-up", s.warm_up, "Seconds before counting begins");
    app.add_option("--seconds", s.seconds, "Seconds that count");
    CLI11_PARSE(app, argc, argv);
    try {
        print(s.resp.empty() ? run<json_lines>(s) : run<resp_replies>(s));
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhalla-load: {}\n", e.what());
        return 1;
    }
    return 0;
}
