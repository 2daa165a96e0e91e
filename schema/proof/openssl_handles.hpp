// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's objects, freed with their owner. Private to this folder's sources.
#pragma once

#include <memory>

#include <openssl/evp.h>

namespace valhalla::schema::openssl {

struct free_key {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct free_digest_context {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_key>;
using digest_context_ptr = std::unique_ptr<EVP_MD_CTX, free_digest_context>;

}  // namespace valhalla::schema::openssl
