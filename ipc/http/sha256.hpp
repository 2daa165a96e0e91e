// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of what comes in pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace valhalla::http {

class sha256_digest {
  public:
    sha256_digest() : context_{::EVP_MD_CTX_new(), ::EVP_MD_CTX_free} { begin(); }

    void begin();
    void add(std::string_view piece);
    /// In hexadecimal digits; empty when it could not be computed.
    [[nodiscard]] std::string end();

  private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
    bool well_ = false;
};

[[nodiscard]] std::string hex_digits(const unsigned char* bytes, std::size_t count);

}  // namespace valhalla::http
