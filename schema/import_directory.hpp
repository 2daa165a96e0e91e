// SPDX-License-Identifier: Apache-2.0
//
// Getting at the files to import without being led astray: regular files only, no symbolic links, bounded sizes.
// Private to the import.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "schema/unique_fd.hpp"

namespace valhalla::schema {

class import_directory {
  public:
    /// Throws `import_failure`.
    explicit import_directory(const std::filesystem::path& path);

    /// The whole file; nothing when there is none of that name. Throws `import_failure` for everything but a readable
    /// regular file of 1 to `max_bytes` bytes.
    [[nodiscard]] std::optional<std::string> read(std::string_view name, std::size_t max_bytes) const;

  private:
    unique_fd fd_;
};

}  // namespace valhalla::schema
