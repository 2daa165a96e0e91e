// SPDX-License-Identifier: Apache-2.0
//
// The private key of a log or a witness as a file: PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` writes it.
// Throws `storage_error`, `unusable` with a sentence that says what to do, `full` when a new key finds no space.
#pragma once

#include <filesystem>
#include <optional>

#include "schema/proof/signed_note.hpp"

namespace valhalla::schema {

/// Nothing when there is no such file. Refused: what others than its owner may read or write, what belongs to neither
/// this process's user nor root, what is not a regular file, and what is not an Ed25519 key.
[[nodiscard]] std::optional<signing_key> load_signing_key(const std::filesystem::path& path);

/// A new key in a new file (0600), durable when it returns. Never replaces a file.
[[nodiscard]] signing_key create_signing_key(const std::filesystem::path& path);

}  // namespace valhalla::schema
