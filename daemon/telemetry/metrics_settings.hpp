// SPDX-License-Identifier: Apache-2.0
//
// Where the metrics go beside those who ask for them.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

namespace valhalla {

struct metrics_settings {
    std::optional<std::filesystem::path> textfile;  ///< for the node exporter; absent: none is written
    std::chrono::seconds interval{15};              ///< from one to the next
    friend bool operator==(const metrics_settings&, const metrics_settings&) = default;
};

}  // namespace valhalla
