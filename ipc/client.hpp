// SPDX-License-Identifier: Apache-2.0
//
// A blocking client: one connection, one request at a time, on one thread. What valhallactl and the tests talk with.
//
// Notifications may come at any time after a method that asks for them. Those that arrive while a reply is awaited are
// kept for `next_notification`, up to a bound; otherwise what is not asked for stays in the socket, and the daemon sees
// that it is not taken.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla::ipc {

/// No daemon listens there, it went away, or it does not speak our protocol. The message names the socket.
class connection_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The daemon answered with an error object.
class call_error : public std::runtime_error {
  public:
    explicit call_error(boost::json::object error);
    [[nodiscard]] int code() const noexcept { return code_; }
    [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
    /// The whole `error` object.
    [[nodiscard]] const boost::json::object& object() const noexcept { return error_; }

  private:
    boost::json::object error_;
    int code_ = 0;
    std::string kind_;
};

class client {
  public:
    /// Connects. Throws `connection_error`.
    explicit client(const std::string& socket_path, std::chrono::milliseconds timeout = std::chrono::seconds{30});
    ~client();
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;

    /// The `result`. Throws `call_error` or `connection_error`.
    boost::json::value call(std::string_view method, const boost::json::object& params = {});
    /// The reply's line as it came, without its newline; error replies too.
    std::string call_raw(std::string_view method, std::string_view params_json);

    /// The next notification's line, without its newline. Waits as long as it takes, but no longer than until
    /// `stop_descriptor` can be read: then nothing. Below zero it is not looked at. Throws `connection_error`.
    std::optional<std::string> next_notification(int stop_descriptor = -1);

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// `$VALHALLA_SOCKET`, else the service's socket when it exists, else the development socket of the current user.
[[nodiscard]] std::string default_socket_path();
/// `$XDG_RUNTIME_DIR/valhalla/valhallad.sock`, or `/tmp/valhalla-<uid>/valhallad.sock` where that is not set.
[[nodiscard]] std::string development_socket_path();
inline constexpr std::string_view service_socket_path = "/run/valhalla/valhallad.sock";

}  // namespace valhalla::ipc
