// SPDX-License-Identifier: Apache-2.0
//
// A blocking connection to a socket that takes and gives lines, with deadlines. Connects as often as it is told to. One
// thread. Everything that goes wrong is a `connection_error` that names the socket, and ends the connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <valhalla/error.hpp>

namespace valhalla::detail {

/// The daemon is not there, or no longer: it may come back.
class gone : public connection_error {
  public:
    using connection_error::connection_error;
};

class line_socket {
  public:
    using clock = std::chrono::steady_clock;
    static constexpr auto never = clock::time_point::max();

    /// `interrupt`: a descriptor that ends every wait when it can be read; below zero: none.
    explicit line_socket(std::string path, int interrupt = -1) : path_{std::move(path)}, interrupt_{interrupt} {}
    ~line_socket() { disconnect(); }
    line_socket(const line_socket&) = delete;
    line_socket& operator=(const line_socket&) = delete;

    void connect(clock::time_point deadline);
    [[nodiscard]] bool connected() const noexcept { return fd_ >= 0; }
    void disconnect() noexcept;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// False when the daemon has closed its end before it took everything; it may have said why.
    [[nodiscard]] bool send_all(std::string_view bytes, clock::time_point deadline);
    /// The next line, without its newline; nothing when `stop` can be read first. `most`: bytes of it.
    [[nodiscard]] std::optional<std::string> receive_line(clock::time_point deadline, std::size_t most, int stop = -1);

    /// Ends the connection and throws: after a fault the next line could belong to another request.
    [[noreturn]] void fail(std::string_view what);

  private:
    [[noreturn]] void fail_errno(std::string_view what);
    [[noreturn]] void lose(std::string_view what);
    [[noreturn]] void refuse_connection(int reason);
    void pause_before_connecting();
    [[nodiscard]] bool wait_for(short events, clock::time_point deadline, int stop = -1);
    void receive();

    std::string path_;
    int interrupt_;
    int fd_ = -1;
    std::string received_;  // behind the last line that was given out
};

}  // namespace valhalla::detail
