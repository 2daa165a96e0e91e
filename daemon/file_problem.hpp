// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a file that a person wrote, told so that the person can find it.
#pragma once

#include <cstdint>
#include <string>

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

}  // namespace valhalla
