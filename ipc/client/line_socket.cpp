// SPDX-License-Identifier: Apache-2.0
#include "ipc/client/line_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <valhalla/detail/permission.hpp>

namespace valhalla::detail {

namespace {

constexpr std::size_t read_bytes = std::size_t{64} << 10U;

std::chrono::milliseconds left_until(line_socket::clock::time_point deadline) {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline - line_socket::clock::now());
}

/// Milliseconds for poll(): 0 when the deadline has passed, below 0 without one.
int poll_time(line_socket::clock::time_point deadline) {
    constexpr std::int64_t day_ms = 86'400'000;
    return deadline == line_socket::never
               ? -1
               : static_cast<int>(std::clamp<std::int64_t>(left_until(deadline).count(), 0, day_ms));
}

}  // namespace

void line_socket::disconnect() noexcept {
    received_.clear();
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

void line_socket::fail(std::string_view what) {
    disconnect();
    throw connection_error{path_ + ": " + std::string{what}};
}

void line_socket::fail_errno(std::string_view what) {
    fail(std::string{what} + ": " + std::generic_category().message(errno));
}

void line_socket::lose(std::string_view what) {
    disconnect();
    throw gone{path_ + ": " + std::string{what}};
}

void line_socket::refuse_connection(int reason) {
    switch (reason) {
        case ENOENT: lose("no daemon: there is no such socket");
        case ECONNREFUSED: lose("no daemon is listening there");
        case EAGAIN: lose("it listens but does not answer: it accepts no connection in time");
        case EACCES: fail(why_no_permission(path_));
        default: errno = reason; fail_errno("cannot connect");
    }
}

void line_socket::connect(clock::time_point deadline) {
    disconnect();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
        fail("a socket's path has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes");
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) {
        fail_errno("no socket");
    }
    // A daemon whose queue is full has to be tried again: a connect() that waits for it could not be interrupted.
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    while (::connect(fd_, generic, sizeof address) != 0) {
        if (errno == EAGAIN && clock::now() < deadline) {
            pause_before_connecting();
        } else if (errno != EINTR) {
            refuse_connection(errno);
        }
    }
}

void line_socket::pause_before_connecting() {
    constexpr int pause_ms = 20;
    pollfd on{interrupt_, POLLIN, 0};
    if (::poll(&on, 1, pause_ms) > 0) {
        fail("interrupted while it was waited for");
    }
}

/// False when `stop` can be read.
bool line_socket::wait_for(short events, clock::time_point deadline, int stop) {
    const auto since = clock::now();
    for (;;) {
        std::array<pollfd, 3> on{{{fd_, events, 0}, {stop, POLLIN, 0}, {interrupt_, POLLIN, 0}}};
        const int ready = ::poll(on.data(), on.size(), poll_time(deadline));
        if (ready > 0 && on[2].revents != 0 && interrupt_ != stop) {
            fail("interrupted while it was waited for");
        }
        if (ready > 0) {
            return on[1].revents == 0;
        }
        if (ready == 0 && clock::now() >= deadline) {
            const auto allowed = std::chrono::round<std::chrono::milliseconds>(deadline - since);
            fail("it listens but does not answer: no answer within " + std::to_string(allowed.count()) + " ms");
        }
        if (ready < 0 && errno != EINTR) {
            fail_errno("waiting for the daemon");
        }
    }
}

bool line_socket::send_all(std::string_view bytes, clock::time_point deadline) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            static_cast<void>(wait_for(POLLOUT, deadline));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return false;
        } else if (errno != EINTR) {
            fail_errno("sending");
        }
    }
    return true;
}

/// Reads what is there. Only after `wait_for`.
void line_socket::receive() {
    const std::size_t before = received_.size();
    received_.resize(before + read_bytes);
    const ssize_t count = ::recv(fd_, received_.data() + before, read_bytes, MSG_DONTWAIT);
    const int fault = errno;
    received_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0 || (count < 0 && fault == ECONNRESET)) {
        lose("the daemon closed the connection");
    }
    if (count < 0 && fault != EAGAIN && fault != EINTR) {
        errno = fault;
        fail_errno("receiving");
    }
}

std::optional<std::string> line_socket::receive_line(clock::time_point deadline, std::size_t most, int stop) {
    std::size_t scanned = 0;
    for (;;) {
        const std::size_t newline = received_.find('\n', scanned);
        if (newline != std::string::npos) {
            std::string line = received_.substr(0, newline);
            received_.erase(0, newline + 1);
            return line;
        }
        scanned = received_.size();
        if (scanned > most) {
            fail("the daemon sent a line of more than " + std::to_string(most) + " bytes");
        }
        if (!wait_for(POLLIN, deadline, stop)) {
            return std::nullopt;
        }
        receive();
    }
}

}  // namespace valhalla::detail
