// SPDX-License-Identifier: Apache-2.0
//
// Getting at the files to import without being led astray: regular files only, no symbolic links, bounded sizes.
// Private to the import.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/unique_fd.hpp"

namespace valhalla::schema {

/// Fills `into` with what stands in the file `name` from `offset` on. Throws `import_failure`.
void read_exactly(const unique_fd& from, std::string_view name, std::size_t offset, std::span<char> into);

class import_directory {
  public:
    /// Throws `import_failure`.
    explicit import_directory(const std::filesystem::path& path);

    /// The whole file; nothing when there is none of that name. Throws `import_failure` for everything but a readable
    /// regular file of 1 to `max_bytes` bytes.
    [[nodiscard]] std::optional<std::string> read(std::string_view name, std::size_t max_bytes) const;

    struct file {
        unique_fd fd;
        std::size_t size = 0;
    };
    /// The same, for a file that is read piece by piece.
    [[nodiscard]] std::optional<file> open(std::string_view name, std::size_t max_bytes) const;

  private:
    unique_fd fd_;
};

}  // namespace valhalla::schema
