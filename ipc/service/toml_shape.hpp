// SPDX-License-Identifier: Apache-2.0
//
// How deep a TOML file may go. The parser builds one table for each part of a dotted key, and takes them apart by
// recursion: a key of a hundred thousand dots would end the process by a signal. So that is looked at before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla::service {

/// Parts of a dotted key or of a table's name, and brackets that are open at the same time. Files of ours have three.
inline constexpr std::size_t max_key_parts = 16;
inline constexpr std::size_t max_open_brackets = 16;

struct shape_problem {
    std::int64_t line = 0;  ///< counted from 1
    std::string key;        ///< the beginning of it; may be empty
    std::string text;       ///< the end of a sentence, "must have …"
};

/// Nothing when the parser can be given `text`, be it valid or not.
[[nodiscard]] std::optional<shape_problem> problem_with_shape(std::string_view text);

}  // namespace valhalla::service
