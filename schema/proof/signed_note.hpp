// SPDX-License-Identifier: Apache-2.0
//
// Signed notes (C2SP signed-note): a text, an empty line, and signature lines
//   — <key name> base64(key ID || signature)
// with Ed25519. Pure but for `signing_key::generate`, which asks OpenSSL for randomness.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::schema {

inline constexpr std::size_t ed25519_key_bytes = 32;
inline constexpr std::size_t ed25519_signature_bytes = 64;
/// Signature lines that a reader accepts; the specification demands at least 16.
inline constexpr std::size_t max_note_signatures = 64;

using ed25519_key = std::array<std::byte, ed25519_key_bytes>;

/// What a signature line says. `signature` is all that follows the key ID.
struct note_signature {
    std::string name;
    std::uint32_t key_id = 0;
    std::vector<std::byte> signature;
};

/// A note taken apart, nothing verified yet.
struct signed_note {
    std::string text;  ///< with its final newline: what the signatures cover
    std::vector<note_signature> signatures;

    /// Nothing when the form is wrong.
    [[nodiscard]] static std::optional<signed_note> parse(std::string_view note);
};

/// How a key's signatures are made; the byte that the key ID is computed with.
enum class note_algorithm : std::uint8_t { ed25519 = 0x01, cosignature_v1 = 0x04 };

/// A public key under its name: `<name>+<8 hex digits of key ID>+base64(algorithm || key)`.
struct verifier_key {
    std::string name;
    note_algorithm algorithm = note_algorithm::ed25519;
    ed25519_key key{};

    [[nodiscard]] std::uint32_t id() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<verifier_key> parse(std::string_view text);
    /// A plain Ed25519 signature over `message`.
    [[nodiscard]] bool verifies(std::string_view message, std::span<const std::byte> signature) const;
};

enum class note_verdict : std::uint8_t {
    signed_by_key,  ///< at least one signature of the key, all of them good
    not_signed,     ///< no signature of this key; other keys' are ignored
    bad_signature,  ///< a signature of this key that does not verify
};
/// For `note_algorithm::ed25519` keys.
[[nodiscard]] note_verdict check_note(const signed_note& note, const verifier_key& key);

/// A private key. Move-only.
class signing_key {
  public:
    [[nodiscard]] static signing_key generate();
    [[nodiscard]] static signing_key from_seed(const ed25519_key& seed);
    signing_key(signing_key&&) noexcept;
    signing_key& operator=(signing_key&&) noexcept;
    ~signing_key();

    [[nodiscard]] ed25519_key seed() const;
    [[nodiscard]] ed25519_key public_key() const;
    [[nodiscard]] std::array<std::byte, ed25519_signature_bytes> sign(std::string_view message) const;
    /// The signature line, newline included, by this key under `name`. `text` ends in a newline.
    [[nodiscard]] std::string note_line(std::string_view name, std::string_view text) const;

  private:
    struct handle;
    explicit signing_key(std::unique_ptr<handle> h);
    std::unique_ptr<handle> handle_;
};

/// `— <name> base64(key_id || signature)\n`.
[[nodiscard]] std::string signature_line(std::string_view name, std::uint32_t key_id,
                                         std::span<const std::byte> signature);

/// Non-empty, no space, no `+`, no control characters: what may name a key and be the origin of a log.
[[nodiscard]] bool valid_key_name(std::string_view name);

}  // namespace valhalla::schema
