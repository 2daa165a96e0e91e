// SPDX-License-Identifier: Apache-2.0
//
// valhalla-bench-streams: readers of a gateway's event stream, and one program that appends records to the daemon
// behind it, so many a second, whether their answers came or not. One thread, epoll. The latency of an event is from
// the time in its record, which the daemon takes before it commits, to when the reader has it. Each reader has to get
// every record once, in order, unless it is cut off. Prints one line of JSON.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <deque>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using clock_type = std::chrono::system_clock;  // the records' own

struct settings {
    std::uint16_t port = 0;
    std::string socket;
    std::size_t streams = 1'000;
    double rate = 1'000;   // records a second
    double warm_up = 0.5;  // seconds, not counted
    double seconds = 2;
    bool may_be_cut = false;
};

constexpr double patience_s = 20;  // for events that are under way at the end
constexpr std::string_view record_request =
    R"({"jsonrpc":"2.0","id":1,"method":"audit.append","params":{"event":"X_BENCH","payload":{"text":")"
    R"(a record about as long as that of a decision, which says who asked, for which engine and for which action, )"
    R"(in which band that was, and by which rule it was allowed"}}})"
    "\n";

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

std::int64_t micros_of(clock_type::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

class descriptor {
  public:
    explicit descriptor(int fd) : fd_{fd} {
        if (fd_ < 0) {
            fail("socket");
        }
    }
    ~descriptor() { ::close(fd_); }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

    /// What is written is short, and mostly taken at once.
    void send_all(std::string_view data) const {
        while (!data.empty()) {
            const auto written = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
            if (written < 0) {
                fail("send");
            }
            data.remove_prefix(static_cast<std::size_t>(written));
        }
    }

  private:
    int fd_;
};

/// `2026-01-02T03:04:05.678901Z` in microseconds since the epoch. Most records are of the second before.
class record_time {
  public:
    std::int64_t read(std::string_view text) {
        if (text.size() < 27) {
            throw std::runtime_error{"a record without its time"};
        }
        if (text.substr(0, 19) != second_) {
            std::tm parts{};
            second_ = text.substr(0, 19);
            if (::strptime(second_.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
                throw std::runtime_error{"a record with the time " + second_};
            }
            micros_ = std::int64_t{::timegm(&parts)} * 1'000'000;
        }
        std::int64_t rest = 0;
        std::from_chars(text.data() + 20, text.data() + 26, rest);
        return micros_ + rest;
    }

  private:
    std::string second_;
    std::int64_t micros_ = 0;
};

/// Latencies by tens of microseconds.
class histogram {
  public:
    void add(std::int64_t us) {
        const auto at = static_cast<std::size_t>(std::max<std::int64_t>(us, 0)) / width_us;
        ++counts_[std::min(at, counts_.size() - 1)];
        ++total_;
    }
    [[nodiscard]] std::size_t total() const noexcept { return total_; }
    [[nodiscard]] std::size_t percentile_us(double share) const {
        auto left = static_cast<std::size_t>(share * static_cast<double>(total_));
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (counts_[i] > left) {
                return (i + 1) * width_us;
            }
            left -= counts_[i];
        }
        return counts_.size() * width_us;
    }

  private:
    static constexpr std::size_t width_us = 10;
    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(6'000'000);  // a minute
    std::size_t total_ = 0;
};

/// What all readers share.
struct measured {
    record_time times;
    histogram latencies;
    std::size_t all_events = 0;
    std::int64_t from_us = 0;  // of the records that count
    std::int64_t until_us = 0;
};

class reader {
  public:
    explicit reader(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            fail("connect to the gateway");
        }
        socket_.send_all(fmt::format("GET /core/audit/stream HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port));
    }

    /// Takes what has come.
    void receive(measured& into) {
        static std::array<char, 262'144> buffer;
        const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            cut_ = true;
            ::epoll_ctl(poll_, EPOLL_CTL_DEL, socket_.get(), nullptr);
            return;
        }
        const auto now_us = micros_of(clock_type::now());
        std::string_view rest{buffer.data(), static_cast<std::size_t>(got)};
        if (!part_.empty()) {
            part_ += rest;
            rest = part_;
        }
        for (auto end = rest.find("\n\n"); end != std::string_view::npos; end = rest.find("\n\n")) {
            take(rest.substr(0, end), now_us, into);
            rest.remove_prefix(end + 2);
        }
        part_ = std::string{rest};
    }

    void watch(int poll) {
        poll_ = poll;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = this;
        if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket_.get(), &event) != 0) {
            fail("epoll_ctl");
        }
    }
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    [[nodiscard]] bool cut() const noexcept { return cut_; }
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

  private:
    void take(std::string_view event, std::int64_t now_us, measured& into) {
        if (!begun_) {
            // The head ends with CR LF CR LF, so the first event has it in front.
            if (!event.starts_with("HTTP/1.1 200 ")) {
                throw std::runtime_error{"the gateway refused a stream: " + std::string{event.substr(0, 300)}};
            }
            begun_ = true;
            return;
        }
        if (!event.starts_with("id: ")) {
            return;  // a comment
        }
        std::uint64_t seq = 0;
        std::from_chars(event.data() + 4, event.data() + event.size(), seq);
        if (last_ != 0 && seq != last_ + 1) {
            throw std::runtime_error{fmt::format("record {} came behind {}", seq, last_)};
        }
        last_ = seq;
        ++into.all_events;
        constexpr std::string_view name = "\"ts_utc\":\"";
        const auto at = event.find(name);
        const auto made_us = into.times.read(at == std::string_view::npos ? "" : event.substr(at + name.size()));
        if (made_us >= into.from_us && made_us < into.until_us) {
            into.latencies.add(now_us - made_us);
        }
    }

    descriptor socket_;
    std::string part_;
    std::uint64_t last_ = 0;
    int poll_ = -1;
    bool begun_ = false;
    bool cut_ = false;
};

/// Appends records at its rate.
class appender {
  public:
    explicit appender(const std::string& path) : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) {
            errno = ENAMETOOLONG;
            fail("socket path");
        }
        std::memcpy(address.sun_path, path.data(), path.size());
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            fail("connect to the daemon");
        }
    }

    void send_up_to(std::size_t due) {
        for (; sent_ < due; ++sent_) {
            socket_.send_all(record_request);
        }
        take_answers(MSG_DONTWAIT);
    }
    /// The seq of the last record.
    std::uint64_t finish() {
        while (answered_ < sent_) {
            take_answers(0);
        }
        return last_;
    }

  private:
    void take_answers(int flags) {
        std::array<char, 65'536> buffer{};
        const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), flags);
        if (got <= 0) {
            if (got < 0 && errno == EAGAIN) {
                return;
            }
            fail("recv: the daemon closed the connection");
        }
        part_.append(buffer.data(), static_cast<std::size_t>(got));
        for (auto end = part_.find('\n'); end != std::string::npos; end = part_.find('\n')) {
            constexpr std::string_view name = "\"seq\":";
            const auto at = part_.find(name);
            if (at > end) {
                throw std::runtime_error{"the daemon refused a record: " + part_.substr(0, end)};
            }
            std::from_chars(part_.data() + at + name.size(), part_.data() + end, last_);
            part_.erase(0, end + 1);
            ++answered_;
        }
    }

    descriptor socket_;
    std::string part_;
    std::size_t sent_ = 0;
    std::size_t answered_ = 0;
    std::uint64_t last_ = 0;
};

class run {
  public:
    explicit run(const settings& s) : settings_{s}, poll_{::epoll_create1(EPOLL_CLOEXEC)}, records_{s.socket} {
        for (std::size_t i = 0; i < s.streams; ++i) {
            readers_.emplace_back(s.port).watch(poll_.get());
        }
        const auto deadline = clock_type::now() + in_seconds(patience_s);
        while (!std::ranges::all_of(readers_, &reader::begun)) {
            receive(100, deadline);
        }
    }

    void measure() {
        const auto begin = clock_type::now();
        const auto start = begin + in_seconds(settings_.warm_up);
        const auto until = start + in_seconds(settings_.seconds);
        measured_.from_us = micros_of(start);
        measured_.until_us = micros_of(until);
        for (auto now = begin; now < until; now = clock_type::now()) {
            const std::chrono::duration<double> passed = now - begin;
            records_.send_up_to(static_cast<std::size_t>(passed.count() * settings_.rate));
            receive(1, clock_type::time_point::max());
        }
        const auto last = records_.finish();
        const auto deadline = clock_type::now() + in_seconds(patience_s);
        // Who may be cut off may also be far behind.
        while (!settings_.may_be_cut &&
               !std::ranges::all_of(readers_, [last](const auto& r) { return r.cut() || r.last() >= last; })) {
            receive(100, deadline);
        }
    }

    void print() const {
        const auto& found = measured_.latencies;
        fmt::print(
            "{{\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"errors\":0,\"all_replies\":{},"
            "\"cut\":{}}}\n",
            static_cast<double>(found.total()) / settings_.seconds, found.percentile_us(0.5), found.percentile_us(0.99),
            found.percentile_us(0.999), measured_.all_events, std::ranges::count_if(readers_, &reader::cut));
    }

  private:
    static clock_type::duration in_seconds(double s) {
        return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>{s});
    }

    void receive(int timeout_ms, clock_type::time_point deadline) {
        if (clock_type::now() > deadline) {
            throw std::runtime_error{"readers wait for events that do not come"};
        }
        std::array<epoll_event, 256> ready{};
        const int count = ::epoll_wait(poll_.get(), ready.data(), static_cast<int>(ready.size()), timeout_ms);
        if (count < 0 && errno != EINTR) {
            fail("epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            static_cast<reader*>(ready[static_cast<std::size_t>(i)].data.ptr)->receive(measured_);
        }
    }

    settings settings_;
    descriptor poll_;
    appender records_;
    std::deque<reader> readers_;
    measured measured_;
};

}  // namespace

int main(int argc, char** argv) {
    settings s;
    CLI::App app{"Reads the event stream of a gateway many times over while records are appended."};
    app.add_option("--port", s.port, "Where the gateway listens, on 127.0.0.1")->required();
    app.add_option("--socket", s.socket, "Where the daemon listens")->required();
    app.add_option("--streams", s.streams, "Readers");
    app.add_option("--rate", s.rate, "Records a second");
    app.add_option("--warm-up", s.warm_up, "Seconds before counting begins");
    app.add_option("--seconds", s.seconds, "Seconds that count");
    app.add_flag("--may-be-cut", s.may_be_cut, "Readers that are cut off are counted, and events need not all come");
    CLI11_PARSE(app, argc, argv);
    try {
        run now{s};
        now.measure();
        now.print();
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhalla-bench-streams: {}\n", e.what());
        return 1;
    }
    return 0;
}
