// SPDX-License-Identifier: Apache-2.0
//
// TLS on one connection's socket, which never blocks. Costs next to nothing before the client's first byte. I/O thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "ipc/http/tls.hpp"

namespace valhalla::http {

/// Watches the handshake's messages of a client while they are in clear. OpenSSL would get memory for as much as one
/// announces, 128 KiB of a first message, before any of it is there.
class handshake_guard {
  public:
    static constexpr std::size_t max_message_bytes = std::size_t{16} << 10U;

    /// False when a message is announced that is longer than any client's.
    [[nodiscard]] bool admits(std::string_view received) noexcept;
    /// From the next change of cipher on nothing is in clear, as in TLS 1.2.
    void end_at_change_of_cipher() noexcept { ends_ = true; }

  private:
    std::array<std::uint8_t, 5> record_{};   // header: type, version, length
    std::array<std::uint8_t, 4> message_{};  // header: type, length
    std::size_t record_have_ = 0;
    std::size_t message_have_ = 0;
    std::size_t record_left_ = 0;
    std::size_t message_left_ = 0;
    bool ends_ = false;
    bool over_ = false;
};

class tls_session {
  public:
    /// `socket` outlives it and stays its owner's.
    tls_session(tls_context context, int socket) noexcept;
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;
    ~tls_session() = default;

    /// Makes the handshake as well. What there is, at most as much as makes one turn; `eof`, `would_block`, and
    /// `protocol_error` when the client's first byte is not one of TLS: then the socket is still untouched.
    std::size_t read_some(char* into, std::size_t size, boost::system::error_code& fault) noexcept;
    std::size_t write_some(std::string_view data, boost::system::error_code& fault) noexcept;
    /// Tells the client that nothing more is sent, so that it need not take an end of the connection for it.
    void end_output() noexcept;

    [[nodiscard]] bool established() const noexcept;
    /// The last read stopped before it had everything, so no change of the socket tells of the rest.
    [[nodiscard]] bool holds_more() const noexcept { return more_; }
    /// The last read waits until the client takes what the handshake has to say.
    [[nodiscard]] bool needs_room() const noexcept { return needs_room_; }

  private:
    friend struct tls_socket_io;
    struct free_ssl {
        void operator()(SSL* ssl) const noexcept;
    };

    [[nodiscard]] bool begin(boost::system::error_code& fault) noexcept;
    [[nodiscard]] boost::system::error_code fault_of(int result) noexcept;

    tls_context context_;
    std::unique_ptr<SSL, free_ssl> ssl_;  // null before the first byte
    int socket_;
    std::size_t budget_ = 0;  // bytes that may still be received in this turn
    std::unique_ptr<handshake_guard> guard_;
    bool dry_ = false;  // the socket has no more bytes
    bool input_ended_ = false;
    bool more_ = false;
    bool needs_room_ = false;
    bool broken_ = false;  // nothing may be said any more
    bool output_ended_ = false;
};

}  // namespace valhalla::http
