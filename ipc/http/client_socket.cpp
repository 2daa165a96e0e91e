// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/client_socket.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace valhalla::http {

namespace {

[[nodiscard]] boost::system::error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

[[nodiscard]] int new_epoll_set() {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) {
        throw boost::system::system_error{last_error(), "epoll_create1"};
    }
    return set;
}

}  // namespace

socket_set::socket_set(boost::asio::io_context& io) : set_{io, new_epoll_set()} {
    wait();
}

bool socket_set::watch(int descriptor, socket_watcher& who) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &who;
    return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void socket_set::forget(const socket_watcher& who) noexcept {
    for (std::size_t i = told_; i < count_; ++i) {
        if (events_[i].data.ptr == &who) {
            events_[i].data.ptr = nullptr;
        }
    }
}

void socket_set::wait() {
    set_.async_wait(decltype(set_)::wait_read, [this](const boost::system::error_code& fault) {
        if (!fault) {  // otherwise `this` is gone
            tell();
            wait();
        }
    });
}

void socket_set::tell() {
    const int ready = ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    count_ = ready > 0 ? static_cast<std::size_t>(ready) : 0;
    for (told_ = 0; told_ < count_;) {
        const auto& event = events_[told_++];
        auto* const who = static_cast<socket_watcher*>(event.data.ptr);
        if (who != nullptr) {
            const auto is = [&event](std::uint32_t what) { return (event.events & what) != 0; };
            who->on_change({.readable = is(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR),
                            .writable = is(EPOLLOUT | EPOLLHUP | EPOLLERR),
                            .ending = is(EPOLLRDHUP | EPOLLHUP | EPOLLERR)});
        }
    }
    count_ = 0;
}

client_socket::client_socket(accepted_socket from, const tls_context& tls) {
    boost::system::error_code fault;
    from.non_blocking(true, fault);
    from.set_option(boost::asio::ip::tcp::no_delay{true}, fault);
    descriptor_ = from.release(fault);
    if (fault) {
        descriptor_ = -1;  // it stays Asio's, which closes it, and the first read fails
    }
    if (tls) {
        tls_ = std::make_unique<tls_session>(tls, descriptor_);
    }
}

std::size_t client_socket::read_some(const boost::asio::mutable_buffer& into,
                                     boost::system::error_code& fault) noexcept {
    if (tls_) {
        return tls_->read_some(static_cast<char*>(into.data()), into.size(), fault);
    }
    const auto count = ::recv(descriptor_, into.data(), into.size(), 0);
    if (count > 0) {
        fault = {};
        return static_cast<std::size_t>(count);
    }
    fault = count == 0 ? boost::system::error_code{boost::asio::error::eof} : last_error();
    return 0;
}

std::size_t client_socket::write_some(std::string_view data, boost::system::error_code& fault) noexcept {
    if (tls_) {
        return tls_->write_some(data, fault);
    }
    const auto count = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
    fault = count < 0 ? last_error() : boost::system::error_code{};
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void client_socket::bound_send_buffer(int bytes) noexcept {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

void client_socket::shutdown_send() noexcept {
    if (tls_) {
        tls_->end_output();
    }
    ::shutdown(descriptor_, SHUT_WR);
}

void client_socket::close() noexcept {
    if (tls_) {
        tls_->end_output();
        tls_.reset();
    }
    if (const int open = std::exchange(descriptor_, -1); open >= 0) {
        ::close(open);
    }
}

}  // namespace valhalla::http
