// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/signed_note.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "schema/proof/base64.hpp"
#include "schema/proof/merkle_tree.hpp"
#include "schema/proof/openssl_handles.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view line_start = "\u2014 ";
constexpr std::size_t key_id_bytes = 4;

const unsigned char* octets(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}
const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::uint32_t big_endian_32(std::span<const std::byte> bytes) {
    std::uint32_t value = 0;
    for (const auto b : bytes.first(key_id_bytes)) {
        value = (value << 8U) | static_cast<std::uint32_t>(b);
    }
    return value;
}

std::optional<note_signature> parse_signature_line(std::string_view line) {
    if (!line.starts_with(line_start)) {
        return std::nullopt;
    }
    line.remove_prefix(line_start.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !valid_key_name(line.substr(0, space))) {
        return std::nullopt;
    }
    auto bytes = from_base64(line.substr(space + 1));
    if (!bytes || bytes->size() <= key_id_bytes) {
        return std::nullopt;
    }
    return note_signature{.name = std::string{line.substr(0, space)},
                          .key_id = big_endian_32(*bytes),
                          .signature = {bytes->begin() + key_id_bytes, bytes->end()}};
}

/// UTF-8 is checked by the callers that need it; control characters other than newline are not allowed anywhere.
bool printable(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return (code < 0x20 && c != '\n') || code == 0x7f;
    });
}

/// What Unicode calls white space beyond ASCII, in UTF-8: in a name, other verifiers refuse the key for it.
bool has_wide_space(std::string_view text) {
    const auto has = [&](std::string_view space) { return text.find(space) != std::string_view::npos; };
    if (has("\u0085") || has("\u00a0") || has("\u1680") || has("\u202f") || has("\u205f") || has("\u3000")) {
        return true;
    }
    constexpr std::string_view block = "\xe2\x80";  // U+2000 to U+203F
    for (auto at = text.find(block); at != std::string_view::npos; at = text.find(block, at + 1)) {
        const auto last = static_cast<unsigned char>(at + 2 < text.size() ? text[at + 2] : 0);
        if ((last >= 0x80 && last <= 0x8a) || last == 0xa8 || last == 0xa9) {  // U+2000 to U+200A, U+2028, U+2029
            return true;
        }
    }
    return false;
}

}  // namespace

bool valid_key_name(std::string_view name) {
    return !name.empty() && !has_wide_space(name) && std::ranges::none_of(name, [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code <= 0x20 || code == 0x7f || c == '+';
    });
}

std::optional<signed_note> signed_note::parse(std::string_view note) {
    const auto split = note.rfind("\n\n");
    if (split == std::string_view::npos || !note.ends_with('\n') || !printable(note)) {
        return std::nullopt;
    }
    signed_note parsed;
    parsed.text = note.substr(0, split + 1);
    auto rest = note.substr(split + 2);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        auto signature = parse_signature_line(rest.substr(0, end));
        if (!signature || parsed.signatures.size() == max_note_signatures) {
            return std::nullopt;
        }
        parsed.signatures.push_back(std::move(*signature));
        rest.remove_prefix(end + 1);
    }
    if (parsed.signatures.empty()) {
        return std::nullopt;
    }
    return parsed;
}

std::uint32_t verifier_key::id() const {
    std::string material = name;
    material += '\n';
    material += static_cast<char>(algorithm);
    material.append(reinterpret_cast<const char*>(key.data()), key.size());
    return big_endian_32(hasher{}.plain(material));
}

std::string verifier_key::text() const {
    std::vector<std::byte> material{static_cast<std::byte>(algorithm)};
    material.insert(material.end(), key.begin(), key.end());
    return fmt::format("{}+{:08x}+{}", name, id(), to_base64(material));
}

std::optional<verifier_key> verifier_key::parse(std::string_view text) {
    const auto first = text.find('+');
    const auto second = text.find('+', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    const auto hex = text.substr(first + 1, second - first - 1);
    std::uint32_t stated = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), stated, 16);
    const auto material = from_base64(text.substr(second + 1));
    if (hex.size() != 2 * key_id_bytes || error != std::errc{} || end != hex.data() + hex.size() || !material ||
        material->size() != 1 + ed25519_key_bytes) {
        return std::nullopt;
    }
    verifier_key parsed{.name = std::string{text.substr(0, first)}};
    const auto algorithm = static_cast<note_algorithm>(material->front());
    if (algorithm != note_algorithm::ed25519 && algorithm != note_algorithm::cosignature_v1) {
        return std::nullopt;
    }
    parsed.algorithm = algorithm;
    std::copy(material->begin() + 1, material->end(), parsed.key.begin());
    if (!valid_key_name(parsed.name) || parsed.id() != stated) {
        return std::nullopt;
    }
    return parsed;
}

bool verifier_key::verifies(std::string_view message, std::span<const std::byte> signature) const {
    if (signature.size() != ed25519_signature_bytes) {
        return false;
    }
    const openssl::key_ptr handle{
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(key.data()), key.size())};
    const openssl::digest_context_ptr context{EVP_MD_CTX_new()};
    return handle && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature.data()), signature.size(), octets(message),
                            message.size()) == 1;
}

note_verdict check_note(const signed_note& note, const verifier_key& key) {
    const auto id = key.id();
    auto verdict = note_verdict::not_signed;
    for (const auto& line : note.signatures) {
        if (line.key_id != id || line.name != key.name) {
            continue;
        }
        if (!key.verifies(note.text, line.signature)) {
            return note_verdict::bad_signature;
        }
        verdict = note_verdict::signed_by_key;
    }
    return verdict;
}

struct signing_key::handle {
    openssl::key_ptr key;
};

signing_key::signing_key(std::unique_ptr<handle> h) : handle_{std::move(h)} {
    if (!handle_->key) {
        throw std::runtime_error{"OpenSSL could not make an Ed25519 key"};
    }
}
signing_key::signing_key(signing_key&&) noexcept = default;
signing_key& signing_key::operator=(signing_key&&) noexcept = default;
signing_key::~signing_key() = default;

signing_key signing_key::generate() {
    return signing_key{
        std::make_unique<handle>(handle{openssl::key_ptr{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}})};
}

signing_key signing_key::from_seed(const ed25519_key& seed) {
    return signing_key{std::make_unique<handle>(handle{
        openssl::key_ptr{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed.data()), seed.size())}})};
}

ed25519_key signing_key::seed() const {
    ed25519_key bytes{};
    auto size = bytes.size();
    if (EVP_PKEY_get_raw_private_key(handle_->key.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1) {
        throw std::runtime_error{"OpenSSL gives no seed of the key"};
    }
    return bytes;
}

ed25519_key signing_key::public_key() const {
    ed25519_key bytes{};
    auto size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(handle_->key.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1) {
        throw std::runtime_error{"OpenSSL gives no public half of the key"};
    }
    return bytes;
}

std::array<std::byte, ed25519_signature_bytes> signing_key::sign(std::string_view message) const {
    std::array<std::byte, ed25519_signature_bytes> signature{};
    auto size = signature.size();
    const openssl::digest_context_ptr context{EVP_MD_CTX_new()};
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets(message),
                       message.size()) != 1) {
        throw std::runtime_error{"OpenSSL could not sign"};
    }
    return signature;
}

std::string signing_key::note_line(std::string_view name, std::string_view text) const {
    const verifier_key key{.name = std::string{name}, .algorithm = note_algorithm::ed25519, .key = public_key()};
    return signature_line(name, key.id(), sign(text));
}

std::string signature_line(std::string_view name, std::uint32_t key_id, std::span<const std::byte> signature) {
    std::vector<std::byte> bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>(key_id >> static_cast<unsigned>(shift)));
    }
    bytes.insert(bytes.end(), signature.begin(), signature.end());
    return fmt::format("{}{} {}\n", line_start, name, to_base64(bytes));
}

}  // namespace valhalla::schema
