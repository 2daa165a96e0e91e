// SPDX-License-Identifier: Apache-2.0
#include "ipc/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/json_reader.hpp"

namespace valhalla::ipc {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = std::size_t{64} << 10U;
/// A notification carries one record, which has at most 64 KiB, and an envelope.
constexpr std::size_t max_notification_bytes = std::size_t{1} << 20U;
/// Notifications that arrive while a reply is awaited. A daemon pauses long before it has sent that much unread.
constexpr std::size_t max_kept_bytes = std::size_t{8} << 20U;
constexpr auto never = clock::time_point::max();

std::string text_of(const boost::json::object& object, std::string_view key) {
    const auto* const member = object.if_contains(key);
    const auto* const text = member != nullptr ? member->if_string() : nullptr;
    return text != nullptr ? std::string{text->data(), text->size()} : std::string{};
}

/// A line may hold no newline: JSON that was written over several lines is put on one.
std::string on_one_line(std::string_view json) {
    if (json.find('\n') == std::string_view::npos) {
        return std::string{json};
    }
    json_scratch scratch;
    json_reader in{json, scratch};
    json_value value;
    if (!in.read(value) || !in.finish()) {
        throw std::invalid_argument{fmt::format("malformed JSON at byte {}: {}", in.fault().offset, in.fault().what)};
    }
    std::string line;
    append_minified(line, value.raw);
    return line;
}

/// What has a method and no id. Looks no further than the member that decides, which stands in front.
bool is_notification(std::string_view line) {
    json_scratch scratch;
    json_reader in{line, scratch};
    json_string key;
    json_value value;
    if (!in.enter_object()) {
        return false;
    }
    while (in.next_key(key)) {
        if (key.equals("method")) {
            return true;
        }
        if (key.equals("id") || key.equals("result") || key.equals("error") || !in.read(value)) {
            return false;
        }
    }
    return false;
}

}  // namespace

call_error::call_error(boost::json::object error)
    : std::runtime_error{text_of(error, "message")}, error_{std::move(error)} {
    if (const auto* const code = error_.if_contains("code"); code != nullptr && code->is_int64()) {
        code_ = static_cast<int>(code->as_int64());
    }
    if (const auto* const data = error_.if_contains("data"); data != nullptr && data->is_object()) {
        kind_ = text_of(data->as_object(), "kind");
    }
}

struct client::impl {
    std::string path;
    std::chrono::milliseconds timeout{};
    int fd = -1;
    std::uint64_t last_id = 0;
    std::string received;          // behind the last line that was given out
    std::deque<std::string> kept;  // notifications that came before a reply
    std::size_t kept_bytes = 0;
    bool awaits_reply = false;

    impl(std::string socket_path, std::chrono::milliseconds most) : path{std::move(socket_path)}, timeout{most} {
        connect();
    }
    ~impl() { disconnect(); }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void disconnect() noexcept {
        if (fd >= 0) {
            ::close(std::exchange(fd, -1));
        }
    }

    /// After a fault the next reply could belong to another request, so the connection is over.
    [[noreturn]] void fail(std::string_view what) {
        disconnect();
        throw connection_error{fmt::format("{}: {}", path, what)};
    }
    [[noreturn]] void fail_errno(std::string_view what) {
        fail(fmt::format("{}: {}", what, std::generic_category().message(errno)));
    }

    void connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.empty() || path.size() >= sizeof address.sun_path) {
            fail(fmt::format("a socket's path has 1 to {} bytes", sizeof address.sun_path - 1));
        }
        std::memcpy(address.sun_path, path.data(), path.size());
        fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            fail_errno("no socket");
        }
        // connect() to a daemon whose queue is full waits as long as a send may.
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        const timeval most{whole.count(), std::chrono::microseconds{timeout - whole}.count()};
        ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
        const auto* const generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
        int done = 0;
        do {
            done = ::connect(fd, generic, sizeof address);
        } while (done != 0 && errno == EINTR);
        if (done != 0) {
            switch (errno) {
                case ENOENT: fail("no daemon: there is no such socket");
                case ECONNREFUSED: fail("no daemon is listening there");
                case EACCES: fail("you may not connect: your user is not in the socket's group");
                case EAGAIN: fail("the daemon does not accept the connection in time");
                default: fail_errno("cannot connect");
            }
        }
    }

    /// Milliseconds for poll(): 0 when the deadline has passed, below 0 without one.
    static int time_left(clock::time_point deadline) {
        if (deadline == never) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 86'400'000));
    }

    /// False when `stop` can be read.
    bool wait_for(short events, clock::time_point deadline, int stop = -1) {
        for (;;) {
            std::array<pollfd, 2> on{{{fd, events, 0}, {stop, POLLIN, 0}}};
            const int ready = ::poll(on.data(), on.size(), time_left(deadline));
            if (ready > 0) {
                return on[1].revents == 0;
            }
            if (ready == 0 && clock::now() >= deadline) {
                fail(fmt::format("no answer within {} ms", timeout.count()));
            }
            if (ready < 0 && errno != EINTR) {
                fail_errno("waiting for the daemon");
            }
        }
    }

    /// False when the daemon has closed its end; it may have said why.
    bool send_all(std::string_view bytes, clock::time_point deadline) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(count));
            } else if (errno == EAGAIN) {
                wait_for(POLLOUT, deadline);
            } else if (errno == EPIPE || errno == ECONNRESET) {
                return false;
            } else if (errno != EINTR) {
                fail_errno("sending");
            }
        }
        return true;
    }

    /// Reads what is there. Only after `wait_for`.
    void receive() {
        const std::size_t before = received.size();
        received.resize(before + read_bytes);
        const ssize_t count = ::recv(fd, received.data() + before, read_bytes, MSG_DONTWAIT);
        const int fault = errno;
        received.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0 || (count < 0 && fault == ECONNRESET)) {
            fail(awaits_reply ? "the daemon closed the connection before it answered"
                              : "the daemon closed the connection");
        }
        if (count < 0 && fault != EAGAIN && fault != EINTR) {
            errno = fault;
            fail_errno("receiving");
        }
    }

    /// Nothing when `stop` can be read first.
    std::optional<std::string> receive_line(clock::time_point deadline, std::size_t most, int stop = -1) {
        std::size_t scanned = 0;
        for (;;) {
            const std::size_t newline = received.find('\n', scanned);
            if (newline != std::string::npos) {
                std::string line = received.substr(0, newline);
                received.erase(0, newline + 1);
                return line;
            }
            scanned = received.size();
            if (scanned > most) {
                fail(fmt::format("the daemon sent a line of more than {} bytes", most));
            }
            if (!wait_for(POLLIN, deadline, stop)) {
                return std::nullopt;
            }
            receive();
        }
    }

    std::string receive_reply(clock::time_point deadline) {
        awaits_reply = true;
        for (;;) {
            // Nothing can stop it, so there is a line.
            auto line = receive_line(deadline, std::string::npos).value_or(std::string{});
            if (!is_notification(line)) {
                awaits_reply = false;
                return line;
            }
            kept_bytes += line.size();
            if (kept_bytes > max_kept_bytes) {
                fail("the daemon sends notifications without end instead of an answer");
            }
            kept.push_back(std::move(line));
        }
    }

    std::optional<std::string> receive_notification(int stop) {
        if (!kept.empty()) {
            std::string line = std::move(kept.front());
            kept.pop_front();
            kept_bytes -= line.size();
            return line;
        }
        if (fd < 0) {
            throw connection_error{fmt::format("{}: the connection is lost", path)};
        }
        auto line = receive_line(never, max_notification_bytes, stop);
        if (line && !is_notification(*line)) {
            fail("an answer came that nobody waits for");
        }
        return line;
    }

    std::string exchange(std::string_view method, std::string_view params) {
        if (fd < 0) {
            throw connection_error{fmt::format("{}: the connection is lost", path)};
        }
        const std::string params_line = on_one_line(params);
        std::string line = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":)", ++last_id);
        append_quoted(line, method);
        if (!params_line.empty()) {
            line += R"(,"params":)";
            line += params_line;
        }
        line += "}\n";
        const auto deadline = clock::now() + timeout;
        const bool sent = send_all(line, deadline);
        std::string reply = receive_reply(deadline);
        if (!sent) {
            disconnect();
        }
        return reply;
    }
};

client::client(const std::string& socket_path, std::chrono::milliseconds timeout)
    : impl_{std::make_unique<impl>(socket_path, timeout)} {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

std::string client::call_raw(std::string_view method, std::string_view params_json) {
    return impl_->exchange(method, params_json);
}

std::optional<std::string> client::next_notification(int stop_descriptor) {
    return impl_->receive_notification(stop_descriptor);
}

boost::json::value client::call(std::string_view method, const boost::json::object& params) {
    const std::string line = impl_->exchange(method, params.empty() ? std::string{} : boost::json::serialize(params));
    boost::system::error_code malformed;
    boost::json::value reply = boost::json::parse(line, malformed);
    auto* const object = malformed ? nullptr : reply.if_object();
    if (object == nullptr) {
        impl_->fail("what answers there does not speak JSON-RPC");
    }
    if (auto* const error = object->if_contains("error"); error != nullptr && error->is_object()) {
        throw call_error{std::move(error->as_object())};
    }
    const auto* const id = object->if_contains("id");
    auto* const result = object->if_contains("result");
    if (result == nullptr || id == nullptr || !id->is_number() || id->to_number<std::uint64_t>() != impl_->last_id) {
        impl_->fail("the answer is not the one to this request");
    }
    return std::move(*result);
}

std::string development_socket_path() {
    if (const char* const runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
        return fmt::format("{}/valhalla/valhallad.sock", runtime);
    }
    return fmt::format("/tmp/valhalla-{}/valhallad.sock", ::geteuid());
}

std::string default_socket_path() {
    if (const char* const chosen = std::getenv("VALHALLA_SOCKET"); chosen != nullptr && *chosen != '\0') {
        return chosen;
    }
    if (const std::string service{service_socket_path}; ::access(service.c_str(), F_OK) == 0) {
        return service;
    }
    return development_socket_path();
}

}  // namespace valhalla::ipc
