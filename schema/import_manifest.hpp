// SPDX-License-Identifier: Apache-2.0
//
// The manifest of our own export, when it is there: vouches that the files beside it are whole and of one moment.
// Private to the import.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

struct manifest_entry {
    std::string name;
    std::int64_t bytes = 0;
    std::string sha256;  ///< hex
};

/// Throws `import_failure`.
[[nodiscard]] std::vector<manifest_entry> read_manifest(std::string_view text);

/// Throws `import_failure` when the manifest speaks of the file `name` and it is missing or other bytes.
void check_against(const std::vector<manifest_entry>& manifest, std::string_view name,
                   const std::optional<std::string>& content);
/// The same for a file that is read piece by piece: its size before, nothing when there is none of that name, and its
/// hash when all of it was read.
void check_size_against(const std::vector<manifest_entry>& manifest, std::string_view name,
                        std::optional<std::size_t> bytes);
void check_hash_against(const std::vector<manifest_entry>& manifest, std::string_view name, const hash256& content);

}  // namespace valhalla::schema
