// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>
#include <valhalla/client.hpp>
#include <valhalla/messages.hpp>

#include <boost/json/serialize.hpp>

#include "ipc/client/line_socket.hpp"
#include "ipc/default_socket.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/json_text.hpp"

namespace valhalla {

namespace {

using clock = detail::line_socket::clock;

/// A notification carries one record, which has at most 64 KiB, and an envelope.
constexpr std::size_t max_notification_bytes = std::size_t{1} << 20U;
/// A page of 1,000 records of 64 KiB is the largest honest answer.
constexpr std::size_t max_reply_bytes = std::size_t{128} << 20U;
/// Notifications that arrive while a reply is awaited. A daemon pauses long before it has sent that much unread.
constexpr std::size_t max_kept_bytes = std::size_t{8} << 20U;

/// A line may hold no newline: JSON that was written over several lines is put on one.
std::string on_one_line(std::string_view json) {
    if (json.find('\n') == std::string_view::npos) {
        return std::string{json};
    }
    ipc::json_scratch scratch;
    ipc::json_reader in{json, scratch};
    ipc::json_value value;
    if (!in.read(value) || !in.finish()) {
        throw std::invalid_argument{"malformed JSON at byte " + std::to_string(in.fault().offset) + ": " +
                                    std::string{in.fault().what}};
    }
    std::string line;
    ipc::append_minified(line, value.raw);
    return line;
}

/// What has a method and no id. Looks no further than the member that decides, which stands in front.
bool is_notification(std::string_view line) {
    ipc::json_scratch scratch;
    ipc::json_reader in{line, scratch};
    ipc::json_string key;
    ipc::json_value value;
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

std::string doubt_about(const std::string& why, std::string_view method) {
    return why + "; nobody knows whether " + std::string{method} + " was carried out";
}

/// How one attempt of a call went: a result or a failure.
struct attempt {
    boost::json::value result;
    std::exception_ptr failure{};
    std::string why{};         ///< the failure in words
    bool may_pass = false;     ///< another attempt might do better
    bool perhaps_done = true;  ///< the daemon may have carried it out
};

}  // namespace

std::string default_socket_path() {
    try {
        return ipc::default_socket_path();
    } catch (const ipc::untrusted_directory& objection) {
        throw connection_error{objection.what()};
    }
}

struct client::impl {
    client_options options;
    detail::line_socket socket;
    std::uint64_t last_id = 0;
    std::deque<std::string> kept;  // notifications that came before a reply
    std::size_t kept_bytes = 0;
    bool handed_over = false;   // the request is with the kernel to its last byte: it may be carried out
    bool follows = false;       // this connection was asked for notifications …
    bool lost_follows = false;  // … or one before it, which is lost, and nobody was told

    explicit impl(client_options wanted)
        : options{std::move(wanted)},
          socket{options.socket.empty() ? default_socket_path() : options.socket, options.interrupt} {
        socket.connect(clock::now() + options.timeout);
    }

    [[noreturn]] void fail_lost() const { throw connection_error{socket.path() + ": the connection is lost"}; }

    /// One request, one reply line.
    std::string exchange(std::string_view method, std::string_view params, clock::time_point deadline) {
        handed_over = false;
        const bool taken = socket.send_all(request_line(++last_id, method, params), deadline);
        handed_over = taken;
        std::string reply = receive_reply(deadline);
        if (!taken) {
            socket.disconnect();
        }
        return reply;
    }

    std::string receive_reply(clock::time_point deadline) {
        for (;;) {
            std::optional<std::string> line;
            try {
                line = socket.receive_line(deadline, max_reply_bytes);
            } catch (const detail::gone& lost) {
                throw detail::gone{std::string{lost.what()} + " before it answered"};
            }
            if (!line) {
                continue;  // cannot be: nothing stops this wait
            }
            if (!is_notification(*line)) {
                return std::move(*line);
            }
            kept_bytes += line->size();
            if (kept_bytes > max_kept_bytes) {
                socket.fail("the daemon sends notifications without end instead of an answer");
            }
            kept.push_back(std::move(*line));
        }
    }

    void require_connection(clock::time_point deadline) {
        if (socket.connected()) {
            return;
        }
        if (options.retries == 0) {
            fail_lost();
        }
        lost_follows = std::exchange(follows, false) || lost_follows;
        socket.connect(deadline);
    }

    /// A refusal: perhaps one that says that another daemon should be asked.
    attempt refused(boost::json::object& error) const {
        attempt out;
        const boost::json::value seen(error);  // braces would make an array
        out.may_pass = says_not_now(seen) || says_unknown(seen);
        out.perhaps_done = says_unknown(seen);
        call_error refusal{std::move(error)};
        out.why = refusal.what();
        out.failure = std::make_exception_ptr(std::move(refusal));
        return out;
    }

    attempt try_once(std::string_view method, std::string_view params, clock::time_point deadline) {
        attempt out;
        handed_over = false;
        try {
            require_connection(deadline);
            auto reply = read_message(exchange(method, params, deadline));
            if (reply.what == message::type::refusal && (!reply.id || reply.id == last_id)) {
                return refused(reply.body.get_object());
            }
            if (reply.what != message::type::result) {
                socket.fail("what answers there does not speak JSON-RPC");
            }
            if (reply.id != last_id) {
                socket.fail("the answer is not the one to this request");
            }
            out.result = std::move(reply.body);
            return out;
        } catch (const detail::gone& lost) {
            out.may_pass = true;
            out.why = lost.what();
            out.failure = std::make_exception_ptr(connection_error{lost.what()});
        } catch (const connection_error& wrong) {
            out.why = wrong.what();
            out.failure = std::current_exception();
        }
        out.perhaps_done = handed_over;
        return out;
    }

    /// False when there is no time left for another attempt.
    static bool paused(std::chrono::milliseconds pause, clock::time_point deadline) {
        if (clock::now() + pause >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(pause);
        return true;
    }

    boost::json::value call(std::string_view method, const boost::json::object& params) {
        const auto deadline = clock::now() + options.timeout;
        const auto line = params.empty() ? std::string{} : boost::json::serialize(params);
        const bool twice = may_be_repeated(method, params);
        const bool reads = repeat_of(method) == repeat::always;
        auto pause = options.first_pause;
        bool in_doubt = false;
        for (unsigned left = options.retries;; --left) {
            auto one = try_once(method, line, deadline);
            if (!one.failure) {
                follows = follows || method == "audit.follow";
                return std::move(one.result);
            }
            in_doubt = in_doubt || (one.perhaps_done && !reads);
            const bool again = left > 0 && one.may_pass && (twice || !in_doubt) && paused(pause, deadline);
            if (!again && in_doubt) {
                throw outcome_unknown{doubt_about(one.why, method) +
                                      (twice ? ": call it again with the same request_key" : "")};
            }
            if (!again) {
                std::rethrow_exception(one.failure);
            }
            socket.disconnect();
            pause = std::min(pause * 2, options.longest_pause);
        }
    }

    std::optional<std::string> receive_notification(int stop) {
        if (!kept.empty()) {
            std::string line = std::move(kept.front());
            kept.pop_front();
            kept_bytes -= line.size();
            return line;
        }
        if (!socket.connected()) {
            fail_lost();
        }
        if (std::exchange(lost_follows, false)) {
            throw connection_error{socket.path() + ": the follow ended with its connection; begin it again"};
        }
        auto line = socket.receive_line(detail::line_socket::never, max_notification_bytes, stop);
        if (line && !is_notification(*line)) {
            socket.fail("an answer came that nobody waits for");
        }
        return line;
    }
};

client::client(client_options options) : impl_{std::make_unique<impl>(std::move(options))} {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

boost::json::value client::call(std::string_view method, const boost::json::object& params) {
    return impl_->call(method, params);
}

std::string client::call_raw(std::string_view method, std::string_view params_json) {
    const std::string params = on_one_line(params_json);
    if (!impl_->socket.connected()) {
        impl_->fail_lost();
    }
    try {
        return impl_->exchange(method, params, clock::now() + impl_->options.timeout);
    } catch (const connection_error& lost) {
        if (impl_->handed_over && repeat_of(method) != repeat::always) {
            throw outcome_unknown{doubt_about(lost.what(), method)};
        }
        throw connection_error{lost.what()};
    }
}

std::optional<std::string> client::next_notification(int stop_descriptor) {
    return impl_->receive_notification(stop_descriptor);
}

}  // namespace valhalla
