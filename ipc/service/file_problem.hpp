// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a file that a person wrote, told so that the person can find it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

namespace valhalla {

struct file_problem {
    std::string file;
    std::int64_t line = 0;  ///< counted from 1; 0 when no line is to blame
    std::string key;        ///< e.g. `engine[3].class`; may be empty
    std::string message;    ///< a sentence

    /// `policy.toml:12: engine[3].class: There is no class …`.
    [[nodiscard]] std::string text() const {
        return file + (line > 0 ? ":" + std::to_string(line) : std::string{}) + ": " +
               (key.empty() ? std::string{} : key + ": ") + message;
    }
};

/// Such a file is written by hand; more than this is a mistake about the path.
inline constexpr std::size_t max_written_file_bytes = 1024UL * 1024UL;

/// The whole file, or why it cannot be read.
[[nodiscard]] std::variant<std::string, file_problem> read_written_file(const std::filesystem::path& path);

}  // namespace valhalla
