// SPDX-License-Identifier: Apache-2.0
//
// What a directory holds, told by the files in it, so that nothing is written into one that holds something else.
#pragma once

#include <cstdint>
#include <filesystem>

namespace valhalla::ctl {

enum class directory_kind : std::uint8_t { state, export_set, tiles, bundle };

/// A `fault` when `directory` holds what belongs to another kind. One that is not there holds nothing.
void refuse_other_kind(const std::filesystem::path& directory, directory_kind wanted);

}  // namespace valhalla::ctl
