// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/tls_session.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "ipc/http/limits.hpp"

namespace valhalla::http {

namespace {

/// Types of TLS's records.
constexpr std::uint8_t change_of_cipher_record = 20;
constexpr std::uint8_t handshake_record = 22;

[[nodiscard]] boost::system::error_code socket_fault() noexcept {
    return {errno, boost::system::system_category()};
}

}  // namespace

bool handshake_guard::admits(std::string_view received) noexcept {
    while (!received.empty() && !over_) {
        if (record_have_ < record_.size()) {
            record_[record_have_++] = static_cast<std::uint8_t>(received.front());
            received.remove_prefix(1);
            if (record_have_ < record_.size()) {
                continue;
            }
            record_left_ = std::size_t{record_[3]} << 8U | record_[4];
            over_ = ends_ && record_[0] == change_of_cipher_record;
        }
        while (record_left_ > 0 && !received.empty()) {
            std::size_t taken = std::min(record_left_, received.size());
            if (record_[0] == handshake_record && message_left_ == 0) {
                taken = 1;
                message_[message_have_++] = static_cast<std::uint8_t>(received.front());
                if (message_have_ == message_.size()) {
                    message_have_ = 0;
                    message_left_ = std::size_t{message_[1]} << 16U | std::size_t{message_[2]} << 8U | message_[3];
                    if (message_left_ + message_.size() > max_message_bytes) {
                        return false;
                    }
                }
            } else if (record_[0] == handshake_record) {
                taken = std::min(taken, message_left_);
                message_left_ -= taken;
            }
            record_left_ -= taken;
            received.remove_prefix(taken);
        }
        if (record_left_ == 0) {
            record_have_ = 0;
        }
    }
    return true;
}

/// What OpenSSL reads from and writes to: our socket, within the bounds of a turn.
struct tls_socket_io {
    static tls_session& of(BIO* bio) noexcept { return *static_cast<tls_session*>(::BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int size) {
        auto& session = of(bio);
        ::BIO_clear_retry_flags(bio);
        const auto wanted = std::min(static_cast<std::size_t>(size), session.budget_);
        const auto count = wanted > 0 ? ::recv(session.socket_, into, wanted, 0) : -1;
        if (wanted == 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) {
            session.dry_ = wanted > 0;
            ::BIO_set_retry_read(bio);
            return -1;
        }
        session.input_ended_ = count == 0;
        if (count <= 0) {
            return static_cast<int>(count);
        }
        session.budget_ -= static_cast<std::size_t>(count);
        if (session.guard_) {
            if (::SSL_version(session.ssl_.get()) == TLS1_2_VERSION) {
                session.guard_->end_at_change_of_cipher();
            }
            if (!session.guard_->admits({into, static_cast<std::size_t>(count)})) {
                return -1;  // a fault that is not tried again
            }
        }
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* data, int size) {
        ::BIO_clear_retry_flags(bio);
        const auto count = ::send(of(bio).socket_, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            ::BIO_set_retry_write(bio);
        }
        return static_cast<int>(count);
    }

    static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
        switch (command) {
            case BIO_CTRL_EOF: return of(bio).input_ended_ ? 1 : 0;
            case BIO_CTRL_FLUSH: return 1;  // nothing is held back
            default: return 0;
        }
    }

    static const BIO_METHOD* method() noexcept {
        struct free_method {
            void operator()(BIO_METHOD* method) const noexcept { ::BIO_meth_free(method); }
        };
        static const std::unique_ptr<BIO_METHOD, free_method> made = [] {
            std::unique_ptr<BIO_METHOD, free_method> method{
                ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client socket")};
            if (method) {
                ::BIO_meth_set_read(method.get(), read);
                ::BIO_meth_set_write(method.get(), write);
                ::BIO_meth_set_ctrl(method.get(), control);
            }
            return method;
        }();
        return made.get();
    }
};

void tls_session::free_ssl::operator()(SSL* ssl) const noexcept {
    ::SSL_free(ssl);
}

tls_session::tls_session(tls_context context, int socket) noexcept : context_{std::move(context)}, socket_{socket} {}

bool tls_session::begin(boost::system::error_code& fault) noexcept {
    std::uint8_t first = 0;
    const auto count = ::recv(socket_, &first, 1, MSG_PEEK);
    if (count <= 0) {
        fault = count == 0 ? boost::system::error_code{boost::asio::error::eof} : socket_fault();
        return false;
    }
    if (first != handshake_record) {
        fault = make_error_code(boost::system::errc::protocol_error);
        return false;
    }
    ssl_.reset(::SSL_new(context_.get()));
    BIO* const bio = ssl_ && tls_socket_io::method() != nullptr ? ::BIO_new(tls_socket_io::method()) : nullptr;
    guard_.reset(new (std::nothrow) handshake_guard);
    if (bio == nullptr || !guard_) {
        ::BIO_free(bio);
        ssl_.reset();
        fault = boost::asio::error::no_memory;
        return false;
    }
    ::BIO_set_data(bio, this);
    ::BIO_set_init(bio, 1);
    ::SSL_set_bio(ssl_.get(), bio, bio);
    ::SSL_set_accept_state(ssl_.get());
    return true;
}

/// Of a call of OpenSSL that moved no byte.
boost::system::error_code tls_session::fault_of(int result) noexcept {
    const int why = ::SSL_get_error(ssl_.get(), result);
    ::ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return boost::asio::error::would_block;
    }
    if (why == SSL_ERROR_ZERO_RETURN) {
        return boost::asio::error::eof;
    }
    broken_ = true;
    return boost::asio::error::connection_reset;
}

std::size_t tls_session::read_some(char* into, std::size_t size, boost::system::error_code& fault) noexcept {
    fault = {};
    more_ = needs_room_ = false;
    if (!ssl_ && !begin(fault)) {
        return 0;
    }
    budget_ = read_bytes;
    dry_ = false;
    std::size_t count = 0;
    while (count < size) {
        std::size_t read = 0;
        ::ERR_clear_error();
        const int result = ::SSL_read_ex(ssl_.get(), into + count, size - count, &read);
        if (result != 1) {
            needs_room_ = ::SSL_want(ssl_.get()) == SSL_WRITING;
            // What came before its end is to be looked at; the end shows again.
            const auto why = fault_of(result);
            fault = count > 0 ? boost::system::error_code{} : why;
            break;
        }
        count += read;
    }
    more_ = !dry_ && !needs_room_;
    if (guard_ && established()) {
        guard_.reset();
    }
    return count;
}

std::size_t tls_session::write_some(std::string_view data, boost::system::error_code& fault) noexcept {
    fault = {};
    std::size_t count = 0;
    while (count < data.size()) {
        std::size_t written = 0;
        ::ERR_clear_error();
        const int result = ::SSL_write_ex(ssl_.get(), data.data() + count, data.size() - count, &written);
        if (result != 1) {
            const auto why = fault_of(result);
            fault = count > 0 ? boost::system::error_code{} : why;
            break;
        }
        count += written;
    }
    return count;
}

void tls_session::end_output() noexcept {
    if (established() && !broken_ && !std::exchange(output_ended_, true)) {
        ::ERR_clear_error();
        static_cast<void>(::SSL_shutdown(ssl_.get()));
        ::ERR_clear_error();
    }
}

bool tls_session::established() const noexcept {
    return ssl_ && ::SSL_is_init_finished(ssl_.get()) == 1;
}

}  // namespace valhalla::http
