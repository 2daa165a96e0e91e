// SPDX-License-Identifier: Apache-2.0
//
// The sockets of clients. Asio makes a system call to wait for each request. Here a socket is registered once, for as
// long as it is open, edge-triggered, with an epoll set that all sockets share; the loop waits for that set as for any
// other descriptor, and all changes of one turn are reported together. I/O thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <sys/epoll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/errc.hpp>

#include "ipc/http/tls_session.hpp"

namespace valhalla::http {

/// How a socket changed since the last report. `ending`: an end of input or an error can be read.
struct socket_change {
    bool readable = false;
    bool writable = false;
    bool ending = false;
};

class socket_watcher {
  public:
    virtual void on_change(const socket_change& now) = 0;

  protected:
    ~socket_watcher() = default;
};

class socket_set {
  public:
    /// `io` outlives it. Throws `boost::system::system_error` when the process has no more files.
    explicit socket_set(boost::asio::io_context& io);
    socket_set(const socket_set&) = delete;
    socket_set& operator=(const socket_set&) = delete;

    /// Reports to `who` until the descriptor is closed; `forget` comes before that. The state at the beginning is
    /// reported as a change.
    [[nodiscard]] bool watch(int descriptor, socket_watcher& who) noexcept;
    /// Nothing more is reported to `who`.
    void forget(const socket_watcher& who) noexcept;

  private:
    void wait();
    void tell();

    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
    std::array<epoll_event, 256> events_{};
    std::size_t told_ = 0;
    std::size_t count_ = 0;
};

/// One connection's socket, which never blocks, in clear or within TLS.
class client_socket {
  public:
    using accepted_socket =
        boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

    /// What a read says, before the handshake, of a client that does not speak TLS.
    static constexpr auto not_tls = boost::system::errc::protocol_error;

    /// Takes it over from Asio. `tls`: null for one in clear.
    explicit client_socket(accepted_socket from, const tls_context& tls = nullptr);
    ~client_socket() { close(); }
    client_socket(const client_socket&) = delete;
    client_socket& operator=(const client_socket&) = delete;

    [[nodiscard]] int native_handle() const noexcept { return descriptor_; }
    /// As Asio's: `eof` at the end of input, `would_block` when there is no data.
    std::size_t read_some(const boost::asio::mutable_buffer& into, boost::system::error_code& fault) noexcept;
    std::size_t write_some(std::string_view data, boost::system::error_code& fault) noexcept;

    [[nodiscard]] bool secure() const noexcept { return tls_ != nullptr; }
    /// Whether the handshake is done, of one within TLS.
    [[nodiscard]] bool established() const noexcept { return tls_->established(); }
    /// Whether the last read left something that no change is reported of.
    [[nodiscard]] bool holds_more() const noexcept { return tls_ && tls_->holds_more(); }
    /// Whether the last read waits until the socket is writable.
    [[nodiscard]] bool needs_room() const noexcept { return tls_ && tls_->needs_room(); }
    /// To a client that does not speak TLS.
    void speak_in_clear() noexcept { tls_.reset(); }

    /// Bounds how much the kernel keeps of the data that the client does not take, which grows by itself otherwise.
    void bound_send_buffer(int bytes) noexcept;
    void shutdown_send() noexcept;
    void close() noexcept;

  private:
    int descriptor_ = -1;
    std::unique_ptr<tls_session> tls_;
};

}  // namespace valhalla::http
