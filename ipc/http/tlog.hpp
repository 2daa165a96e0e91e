// SPDX-License-Identifier: Apache-2.0
//
// The paths and bytes of C2SP tlog-tiles. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla::http {

struct tile_path {
    bool entries = false;  ///< a bundle of entries; its level is 0
    unsigned level = 0;
    std::uint64_t index = 0;
    unsigned width = 256;
};
/// `<level>/<index>[.p/<width>]` or `entries/<index>[.p/<width>]`, the index in groups of three digits. Nothing for any
/// other way of writing it: each tile has one path.
[[nodiscard]] std::optional<tile_path> parse_tile_path(std::string_view path);

/// Appends an entry to a bundle. False when it is too long for one.
[[nodiscard]] bool append_entry(std::string& bundle, std::string_view record);
/// What it adds.
[[nodiscard]] constexpr std::size_t entry_bytes(std::string_view record) noexcept {
    return 2 + record.size();
}

}  // namespace valhalla::http
