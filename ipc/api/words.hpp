// SPDX-License-Identifier: Apache-2.0
//
// The words and the common bounds that parameters share. The enumerators have the values that the daemon's own
// enumerations of the same names have; the binding checks that.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ipc/limits.hpp"
#include "ipc/params.hpp"

namespace valhalla::ipc::api {

/// The cone, widest first.
enum class band : std::uint8_t { expansion = 0, caution = 1, stabilize = 2, survival = 3 };
inline constexpr std::array<std::string_view, 4> band_words{"A", "B", "C", "D"};

enum class level : std::uint8_t { green = 0, yellow = 1, red = 2 };
inline constexpr std::array<std::string_view, 3> level_words{"green", "yellow", "red"};

/// True for text without control characters: fit for one line of a log or a screen.
[[nodiscard]] constexpr bool is_one_line(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/// Names of operators, engines, actions, steps, files: one line, not empty.
inline constexpr text_rules name_rules{.min_bytes = 1,
                                       .max_bytes = max_name_bytes,
                                       .form = is_one_line,
                                       .form_words = "one line without control characters"};
inline constexpr text_rules notes_rules{.min_bytes = 0, .max_bytes = max_notes_bytes};
inline constexpr text_rules cursor_rules{.min_bytes = 1, .max_bytes = max_cursor_bytes};
/// Sequence numbers and ids count from 1.
inline constexpr integer_rules id_rules{.minimum = 1};
inline constexpr integer_rules page_rules{.minimum = 1, .maximum = static_cast<std::int64_t>(max_page_items)};
inline constexpr std::int64_t default_page = static_cast<std::int64_t>(default_page_items);

/// For methods without parameters.
struct no_params {};
inline constexpr std::tuple<> no_fields{};

}  // namespace valhalla::ipc::api
