// SPDX-License-Identifier: Apache-2.0
//
// Where the export is kept fresh for a frontend that reads files.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace valhalla {

struct frontend_settings {
    bool on_change = false;
    std::filesystem::path directory;
    std::string group;                        ///< that may read the files; empty: whichever the directory gives them
    std::chrono::milliseconds settle{1'000};  ///< from the first change that the files lack to the next set
    friend bool operator==(const frontend_settings&, const frontend_settings&) = default;
};

}  // namespace valhalla
