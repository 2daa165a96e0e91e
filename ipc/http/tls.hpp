// SPDX-License-Identifier: Apache-2.0
//
// The certificate and the key of the gateway, and by which rules TLS is spoken with them: 1.2 and later, forward
// secret, without renegotiation, and without data before the handshake is complete, which could be sent again by
// anyone.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/types.h>

namespace valhalla::http {

/// Files, by the names that the configuration has for them.
struct tls_files {
    std::string certificate;  ///< PEM: the gateway's own first, then those that it was signed by
    std::string key;          ///< PEM
    [[nodiscard]] bool used() const noexcept { return !certificate.empty(); }
};

/// The files cannot be used. One sentence that names the key of the configuration, the file and the reason.
class tls_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Connections share it; each keeps the one that it began with.
using tls_context = std::shared_ptr<SSL_CTX>;

struct loaded_tls {
    tls_context context;
    std::string until;      ///< when the certificate expires, in UTC
    std::string objection;  ///< a sentence like those of `tls_error`: usable, but not valid at this time; may be empty
};

/// Throws `tls_error`.
[[nodiscard]] loaded_tls load_tls(const tls_files& files);

}  // namespace valhalla::http
