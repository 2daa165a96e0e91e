// SPDX-License-Identifier: Apache-2.0
//
// A directory that the program makes, fills and deletes as a whole. Somebody else may have made one of that name: only
// one with the program's own marker in it is its own, and no other is used or deleted.
#pragma once

#include <filesystem>
#include <string>

namespace valhalla::schema {

class own_directory {
  public:
    /// `purpose` stands in the marker and in what is said of somebody else's directory: "a restore".
    own_directory(std::filesystem::path path, std::string purpose)
        : path_{std::move(path)}, purpose_{std::move(purpose)} {}

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Of ours or not.
    [[nodiscard]] bool is_there() const;

    // Each throws `storage_error`; `unusable` for somebody else's directory, which is left as it is.

    /// Private, with its marker on the disk. It must not be there.
    void make() const;
    void require_own() const;
    /// With all that is in it, the marker last, so that what a crash leaves is known. Nothing when it is missing; an
    /// empty one is removed whoever made it.
    void clear_away() const;

  private:
    std::filesystem::path path_;
    std::string purpose_;
};

}  // namespace valhalla::schema
