// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/tlog.hpp"

#include <algorithm>

namespace valhalla::http {

namespace {

constexpr std::size_t digits_of_a_group = 3;
/// More than a trail can have.
constexpr std::size_t most_groups = 5;
constexpr std::size_t longest_entry = 65'535;

[[nodiscard]] bool all_digits(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Without a leading zero.
[[nodiscard]] std::optional<unsigned> small_number(std::string_view text, unsigned most) {
    if (!all_digits(text) || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const char c : text) {
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= most ? std::optional{value} : std::nullopt;
}

[[nodiscard]] std::optional<std::uint64_t> grouped_number(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t group = 0; group < most_groups; ++group) {
        const auto slash = text.find('/');
        const bool last = slash == std::string_view::npos;
        auto digits = text.substr(0, slash);
        if (!last) {
            if (!digits.starts_with('x')) {
                return std::nullopt;
            }
            digits.remove_prefix(1);
        }
        const bool leading_zeros = group == 0 && !last && digits == "000";
        if (digits.size() != digits_of_a_group || !all_digits(digits) || leading_zeros) {
            return std::nullopt;
        }
        for (const char c : digits) {
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
        }
        if (last) {
            return value;
        }
        text.remove_prefix(slash + 1);
    }
    return std::nullopt;
}

}  // namespace

std::optional<tile_path> parse_tile_path(std::string_view path) {
    tile_path tile;
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto level = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (level == "entries") {
        tile.entries = true;
    } else {
        const auto number = small_number(level, 7);
        if (!number) {
            return std::nullopt;
        }
        tile.level = *number;
    }
    if (const auto partial = path.find(".p/"); partial != std::string_view::npos) {
        const auto width = small_number(path.substr(partial + 3), 255);
        if (!width || *width == 0) {
            return std::nullopt;
        }
        tile.width = *width;
        path = path.substr(0, partial);
    }
    const auto index = grouped_number(path);
    if (!index) {
        return std::nullopt;
    }
    tile.index = *index;
    return tile;
}

bool append_entry(std::string& bundle, std::string_view record) {
    if (record.size() > longest_entry) {
        return false;
    }
    bundle += static_cast<char>(record.size() >> 8U);
    bundle += static_cast<char>(record.size() & 0xffU);
    bundle += record;
    return true;
}

}  // namespace valhalla::http
