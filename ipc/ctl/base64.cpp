// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/base64.hpp"

#include <vector>

#include <openssl/evp.h>

namespace valhalla::ctl {

std::string to_base64(std::string_view bytes) {
    const std::vector<unsigned char> in(bytes.begin(), bytes.end());
    std::vector<unsigned char> out((in.size() + 2) / 3 * 4 + 1);
    const int size = EVP_EncodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
    return {out.begin(), out.begin() + size};
}

std::optional<std::string> from_base64(std::string_view text) {
    const std::vector<unsigned char> in(text.begin(), text.end());
    std::vector<unsigned char> out(in.size() / 4 * 3 + 1);
    const int size = text.size() % 4 == 0 ? EVP_DecodeBlock(out.data(), in.data(), static_cast<int>(in.size())) : -1;
    if (size < 0) {
        return std::nullopt;
    }
    // OpenSSL counts the padding as bytes.
    const auto padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    std::string bytes{out.begin(), out.begin() + (size - padding)};
    return to_base64(bytes) == text ? std::optional{std::move(bytes)} : std::nullopt;
}

}  // namespace valhalla::ctl
