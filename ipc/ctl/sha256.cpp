// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/sha256.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace valhalla::ctl {

struct sha256::impl {
    struct free_context {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, free_context> context{EVP_MD_CTX_new()};
};

namespace {

void require(bool fine) {
    if (!fine) {
        throw std::runtime_error{"OpenSSL cannot compute SHA-256 here"};
    }
}

}  // namespace

sha256::sha256() : impl_{std::make_unique<impl>()} {
    require(impl_->context != nullptr && EVP_DigestInit_ex2(impl_->context.get(), EVP_sha256(), nullptr) == 1);
}

sha256::~sha256() = default;
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;

void sha256::add(std::string_view bytes) {
    require(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::array<char, 32> sha256::finish_bytes() {
    std::array<char, 32> digest{};
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(impl_->context.get(), bytes.data(), &size) == 1 && size == digest.size());
    std::memcpy(digest.data(), bytes.data(), digest.size());
    return digest;
}

std::string sha256::finish() {
    std::string hex;
    for (const char byte : finish_bytes()) {
        hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return hex;
}

}  // namespace valhalla::ctl
