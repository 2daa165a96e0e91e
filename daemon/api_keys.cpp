// SPDX-License-Identifier: Apache-2.0
#include "daemon/api_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla {

namespace {

constexpr std::size_t id_bytes = 6;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t id_digits = 2 * id_bytes;
constexpr std::size_t text_size = key_prefix.size() + id_digits + 1 + 2 * secret_bytes;

template <std::size_t Size>
std::string random_hex() {
    std::array<unsigned char, Size> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::runtime_error{"the system gives no randomness for a key"};
    }
    std::string hex;
    hex.reserve(2 * Size);
    for (const unsigned byte : bytes) {
        hex += "0123456789abcdef"[byte >> 4U];
        hex += "0123456789abcdef"[byte & 15U];
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return hex;
}

}  // namespace

drawn_key draw_key() {
    drawn_key key{.id = random_hex<id_bytes>(), .text = {}, .hash = {}};
    auto secret = random_hex<secret_bytes>();
    key.text.reserve(text_size);
    key.text.append(key_prefix).append(key.id).append("_").append(secret);
    wipe(secret);
    key.hash = schema::to_hex(schema::hasher{}.plain(key.text));
    return key;
}

void wipe(std::string& text) noexcept {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

std::optional<ipc::key_identity> identify(const key_map& keys, std::string_view text, span_point now) {
    // What these lines tell by their timing is the form of keys, which is in the documentation.
    if (text.size() != text_size || !text.starts_with(key_prefix) || text[key_prefix.size() + id_digits] != '_') {
        return std::nullopt;
    }
    const auto found = keys.find(text.substr(key_prefix.size(), id_digits));
    const bool known = found != keys.end();
    const auto kept = known ? schema::hash_of_hex(found->second.hash) : std::nullopt;
    const auto should = kept.value_or(schema::hash256{});
    const auto is = schema::hasher{}.plain(text);
    const bool same = CRYPTO_memcmp(is.data(), should.data(), is.size()) == 0;
    if (!same || !kept || !found->second.valid_at(now)) {
        return std::nullopt;
    }
    const auto& key = found->second;
    return ipc::key_identity{.id = key.id,
                             .name = key.name,
                             .granted = static_cast<ipc::role>(key.role),
                             .holder = holder_of_keys(key.name)};
}

ipc::role role_of_key(const key_map& keys, std::string_view id, span_point now) {
    const auto found = keys.find(id);
    return found != keys.end() && found->second.valid_at(now) ? static_cast<ipc::role>(found->second.role)
                                                              : ipc::role::none;
}

bool any_valid_key(const key_map& keys, span_point now) {
    return std::ranges::any_of(keys, [now](const auto& entry) { return entry.second.valid_at(now); });
}

ipc::user_id holder_of_keys(std::string_view name) {
    const auto digest = schema::hasher{}.plain(name);
    std::uint64_t first = 0;
    static_assert(sizeof first <= digest.size());
    std::memcpy(&first, digest.data(), sizeof first);
    return ipc::user_id::of_key_holder(first);
}

}  // namespace valhalla
