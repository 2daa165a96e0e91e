// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/tile_path.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace valhalla::ctl {

namespace {

constexpr std::size_t max_level = 6;  // 256^7 is above max_tree_size

/// 1234067 is `x001/x234/067`.
std::string grouped(std::int64_t index) {
    constexpr std::int64_t group = 1000;
    auto path = fmt::format("{:03}", index % group);
    for (index /= group; index > 0; index /= group) {
        path.insert(0, fmt::format("x{:03}/", index % group));
    }
    return path;
}

std::string partial(std::size_t width) {
    return width == static_cast<std::size_t>(tile_width) ? std::string{} : fmt::format(".p/{}", width);
}

}  // namespace

std::int64_t hashes_at(std::int64_t size, std::size_t level) noexcept {
    return level > max_level ? 0 : size >> (8 * level);
}

std::size_t width_at(std::int64_t hashes, std::int64_t index) noexcept {
    return static_cast<std::size_t>(std::clamp(hashes - index * tile_width, std::int64_t{0}, tile_width));
}

std::string tile_path(std::size_t level, std::int64_t index, std::size_t width) {
    return fmt::format("tile/{}/{}{}", level, grouped(index), partial(width));
}

std::string entries_path(std::int64_t index, std::size_t width) {
    return fmt::format("tile/entries/{}{}", grouped(index), partial(width));
}

}  // namespace valhalla::ctl
