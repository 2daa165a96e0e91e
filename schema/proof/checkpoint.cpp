// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/checkpoint.hpp"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "schema/proof/base64.hpp"

namespace valhalla::schema {

namespace {

constexpr std::size_t timestamp_bytes = 8;

std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t unix_seconds) {
    return fmt::format("cosignature/v1\ntime {}\n{}", unix_seconds, checkpoint_text);
}

}  // namespace

std::string checkpoint::text() const {
    return fmt::format("{}\n{}\n{}\n", origin, head.size, to_base64(head.root));
}

std::optional<checkpoint> checkpoint::parse(std::string_view text) {
    checkpoint parsed;
    const auto first = text.find('\n');
    const auto second = text.find('\n', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || !text.ends_with('\n')) {
        return std::nullopt;
    }
    parsed.origin = text.substr(0, first);
    const auto size = text.substr(first + 1, second - first - 1);
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), parsed.head.size);
    const auto root = hash_of_base64(text.substr(second + 1, text.size() - second - 2));
    if (!valid_key_name(parsed.origin) || error != std::errc{} || end != size.data() + size.size() || !root) {
        return std::nullopt;
    }
    parsed.head.root = *root;
    if (parsed.text() != text) {  // leading zeros, signs
        return std::nullopt;
    }
    return parsed;
}

std::string sign_checkpoint(const checkpoint& what, const signing_key& key) {
    const auto text = what.text();
    return text + "\n" + key.note_line(what.origin, text);
}

std::string cosignature_line(const signing_key& witness, std::string_view witness_name,
                             std::string_view checkpoint_text, std::uint64_t unix_seconds) {
    std::vector<std::byte> signature;
    for (int shift = 56; shift >= 0; shift -= 8) {
        signature.push_back(static_cast<std::byte>(unix_seconds >> static_cast<unsigned>(shift)));
    }
    const auto signed_bytes = witness.sign(cosigned_message(checkpoint_text, unix_seconds));
    signature.insert(signature.end(), signed_bytes.begin(), signed_bytes.end());
    const verifier_key key{
        .name = std::string{witness_name}, .algorithm = note_algorithm::cosignature_v1, .key = witness.public_key()};
    return signature_line(witness_name, key.id(), signature);
}

std::optional<std::uint64_t> cosigned_at(const signed_note& note, const verifier_key& witness) {
    const auto id = witness.id();
    for (const auto& line : note.signatures) {
        if (line.key_id != id || line.name != witness.name ||
            line.signature.size() != timestamp_bytes + ed25519_signature_bytes) {
            continue;
        }
        std::uint64_t seconds = 0;
        for (std::size_t i = 0; i < timestamp_bytes; ++i) {
            seconds = (seconds << 8U) | static_cast<std::uint64_t>(line.signature[i]);
        }
        if (witness.verifies(cosigned_message(note.text, seconds),
                             std::span{line.signature}.subspan(timestamp_bytes))) {
            return seconds;
        }
    }
    return std::nullopt;
}

}  // namespace valhalla::schema
