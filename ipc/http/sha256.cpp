// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/sha256.hpp"

#include <array>

namespace valhalla::http {

void sha256_digest::begin() {
    well_ = context_ && ::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr) == 1;
}

void sha256_digest::add(std::string_view piece) {
    well_ = well_ && ::EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
}

std::string sha256_digest::end() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    well_ = well_ && ::EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1;
    return well_ ? hex_digits(digest.data(), size) : std::string{};
}

std::string hex_digits(const unsigned char* bytes, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

}  // namespace valhalla::http
