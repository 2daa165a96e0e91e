// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/tls.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace valhalla::http {

namespace {

/// A chain of certificates has some KiB.
constexpr std::size_t max_pem_bytes = std::size_t{1} << 20U;
/// Of TLS 1.2; those of 1.3 are all good. Forward secret and authenticated, which every client of 1.2 that is still
/// looked after can do.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

template <auto Free>
struct openssl_free {
    template <class Object>
    void operator()(Object* object) const noexcept {
        Free(object);
    }
};
using bio_handle = std::unique_ptr<BIO, openssl_free<::BIO_free_all>>;
using certificate_handle = std::unique_ptr<X509, openssl_free<::X509_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, openssl_free<::EVP_PKEY_free>>;

/// One of the two files, as messages name it.
struct pem_file_name {
    std::string_view key;  ///< of the configuration
    const std::string& path;

    [[nodiscard]] std::string text() const { return std::string{key}.append(": ").append(path); }
    [[noreturn]] void refuse(const std::string& why) const { throw tls_error{text() + " " + why}; }
};

/// What OpenSSL said last, without its numbers.
[[nodiscard]] std::string last_words() {
    const auto code = ::ERR_peek_last_error();
    const char* const reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
    ::ERR_clear_error();
    return reason != nullptr ? reason : "unknown error";
}

/// The content of a key does not stay in memory that others are given later.
class pem_text {
  public:
    explicit pem_text(const pem_file_name& name) {
        std::error_code wrong;
        const auto status = std::filesystem::status(name.path, wrong);
        if (wrong) {
            name.refuse("cannot be read: " + wrong.message());
        }
        if (!std::filesystem::is_regular_file(status)) {
            name.refuse("is not a regular file");
        }
        mode_ = status.permissions();
        std::ifstream in;
        in.rdbuf()->pubsetbuf(nullptr, 0);
        in.open(name.path, std::ios::binary);
        if (!in) {
            name.refuse("cannot be read: " + std::generic_category().message(errno));
        }
        text_.resize(max_pem_bytes + 1);
        in.read(text_.data(), static_cast<std::streamsize>(text_.size()));
        size_ = static_cast<std::size_t>(in.gcount());
        if (in.bad() || size_ > max_pem_bytes) {
            name.refuse(in.bad() ? "cannot be read" : "is larger than 1 MiB, so it is not a PEM file of this kind");
        }
    }
    ~pem_text() { ::OPENSSL_cleanse(text_.data(), size_); }
    pem_text(const pem_text&) = delete;
    pem_text& operator=(const pem_text&) = delete;

    [[nodiscard]] std::filesystem::perms mode() const noexcept { return mode_; }
    [[nodiscard]] bio_handle open() const {
        return bio_handle{::BIO_new_mem_buf(text_.data(), static_cast<int>(size_))};
    }

  private:
    std::string text_;
    std::size_t size_ = 0;
    std::filesystem::perms mode_{};
};

[[nodiscard]] key_handle read_key(const pem_file_name& name) {
    using std::filesystem::perms;
    const pem_text text{name};
    // Its group may read it: of Debian's keys that is ssl-cert, and systemd's credentials have an entry for the
    // service.
    if ((text.mode() & (perms::others_all | perms::group_write)) != perms::none) {
        name.refuse(
            "is open to other users; chmod it to 0640 or less, and replace the key if any of them may have read it");
    }
    // Nobody is there who could be asked for a passphrase.
    bool locked = false;
    const auto refuse_to_say = [](char* /*into*/, int /*size*/, int /*writing*/, void* seen) {
        *static_cast<bool*>(seen) = true;
        return -1;
    };
    key_handle key{::PEM_read_bio_PrivateKey(text.open().get(), nullptr, refuse_to_say, &locked)};
    if (locked) {
        name.refuse("is locked with a passphrase, which a service cannot be asked for");
    }
    if (!key) {
        name.refuse("does not contain a private key (PEM): " + last_words());
    }
    return key;
}

void use_certificates(SSL_CTX& context, const pem_text& text, const pem_file_name& name) {
    const auto from = text.open();
    const auto next = [&from] {
        return certificate_handle{::PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)};
    };
    const auto own = next();
    if (!own) {
        name.refuse("does not contain a certificate (PEM): " + last_words());
    }
    if (::SSL_CTX_use_certificate(&context, own.get()) != 1) {
        name.refuse("cannot be used as the gateway's certificate: " + last_words());
    }
    while (auto signer = next()) {
        if (::SSL_CTX_add0_chain_cert(&context, signer.get()) != 1) {
            name.refuse("contains a certificate that cannot be used: " + last_words());
        }
        // NOLINTNEXTLINE(bugprone-unused-return-value): it is the context's now
        static_cast<void>(signer.release());
    }
    const auto ended = ::ERR_peek_last_error();
    if (ERR_GET_LIB(ended) != ERR_LIB_PEM || ERR_GET_REASON(ended) != PEM_R_NO_START_LINE) {
        name.refuse("contains a certificate that is not valid PEM: " + last_words());
    }
    ::ERR_clear_error();
}

[[nodiscard]] std::string text_of_time(const ASN1_TIME* time) {
    std::tm parts{};
    std::array<char, 32> text{};
    if (::ASN1_TIME_to_tm(time, &parts) != 1 ||
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        return "an unreadable time";
    }
    return text.data();
}

/// HTTP/1 is all that is spoken. Who offers protocols and this is not among them would not understand the answers.
int choose_protocol(SSL* /*of*/, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void* /*unused*/) {
    static constexpr std::string_view ours = "\x08http/1.1\x08http/1.0";
    unsigned char* found = nullptr;
    // NOLINTNEXTLINE(*-reinterpret-cast): OpenSSL's own way
    const auto* const known = reinterpret_cast<const unsigned char*>(ours.data());
    if (::SSL_select_next_proto(&found, size, known, static_cast<unsigned>(ours.size()), offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

[[nodiscard]] tls_context new_context() {
    tls_context context{::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free};
    if (!context || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        ::SSL_CTX_set_cipher_list(context.get(), tls12_ciphers) != 1) {
        throw tls_error{"OpenSSL cannot be used: " + last_words()};
    }
    // An end of input that TLS did not announce cuts off nothing: HTTP says itself how long a request is.
    ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // An idle connection has no buffers.
    ::SSL_CTX_set_mode(context.get(),
                       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_read_ahead(context.get(), 1);
    // Clients keep their sessions themselves (tickets); a cache here would only grow.
    ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    return context;
}

}  // namespace

loaded_tls load_tls(const tls_files& files) {
    ::ERR_clear_error();
    const pem_file_name certificate{"tls.certificate", files.certificate};
    const pem_file_name key{"tls.key", files.key};
    loaded_tls loaded{.context = new_context(), .until = {}, .objection = {}};
    auto& context = *loaded.context;
    use_certificates(context, pem_text{certificate}, certificate);
    const auto secret = read_key(key);
    const X509* const own = ::SSL_CTX_get0_certificate(&context);
    if (::X509_check_private_key(own, secret.get()) != 1) {
        ::ERR_clear_error();
        key.refuse("is not the key of the certificate in " + files.certificate);
    }
    if (::SSL_CTX_use_PrivateKey(&context, secret.get()) != 1) {
        key.refuse("cannot be used as the gateway's key: " + last_words());
    }
    const ASN1_TIME* const begin = ::X509_get0_notBefore(own);
    const ASN1_TIME* const end = ::X509_get0_notAfter(own);
    loaded.until = text_of_time(end);
    if (::X509_cmp_current_time(end) <= 0) {
        loaded.objection = certificate.text() + " expired at " + loaded.until;
    } else if (::X509_cmp_current_time(begin) >= 0) {
        loaded.objection = certificate.text() + " is not valid before " + text_of_time(begin);
    }
    return loaded;
}

}  // namespace valhalla::http
