// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/sha256_stream.hpp"

#include <new>
#include <stdexcept>

#include <openssl/evp.h>

#include "schema/proof/openssl_handles.hpp"

namespace valhalla::schema {

namespace {

void require(int result) {
    if (result != 1) {
        throw std::runtime_error{"OpenSSL does not compute SHA-256"};
    }
}

}  // namespace

struct sha256_stream::context {
    openssl::digest_context_ptr digest{EVP_MD_CTX_new()};
};

sha256_stream::sha256_stream() : context_{std::make_unique<context>()} {
    if (!context_->digest) {
        throw std::bad_alloc{};
    }
    require(EVP_DigestInit_ex2(context_->digest.get(), EVP_sha256(), nullptr));
}

sha256_stream::~sha256_stream() = default;
sha256_stream::sha256_stream(sha256_stream&&) noexcept = default;
sha256_stream& sha256_stream::operator=(sha256_stream&&) noexcept = default;

void sha256_stream::update(std::string_view bytes) {
    require(EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size()));
}

hash256 sha256_stream::so_far() const {
    sha256_stream copy;
    require(EVP_MD_CTX_copy_ex(copy.context_->digest.get(), context_->digest.get()));
    return copy.finish();
}

hash256 sha256_stream::finish() {
    hash256 out{};
    require(EVP_DigestFinal_ex(context_->digest.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr));
    return out;
}

}  // namespace valhalla::schema
