// SPDX-License-Identifier: Apache-2.0
//
// A directory whose files take the place of the ones before all at once. They are written into a draft beside it, and
// the kernel exchanges the two: whoever looks, also after a power cut, finds all of the old files or all of the new
// ones. What else lies in the directory stays there.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace valhalla::schema {

class directory_draft {
  public:
    /// Makes the draft for `directory`, which may be missing; `names` are the files that are replaced, in the order in
    /// which each is replaced by itself where the directory has to stay (a symbolic link, a file system of its own,
    /// a parent that must not be written to, access rights that cannot be given to another): the last one when the
    /// others are on the disk. The names live as long as the draft. Throws `std::system_error`, as `publish` does.
    /// `exchange` false: also where somebody works in it, who would find himself in a directory that is gone.
    directory_draft(std::filesystem::path directory, std::span<const std::string_view> names, bool exchange = true);
    /// Without `publish`, nothing has changed.
    ~directory_draft();
    directory_draft(const directory_draft&) = delete;
    directory_draft& operator=(const directory_draft&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return draft_; }
    /// The files must be in `path()`, and on the disk.
    void publish();

    /// Removes what a crash left of an earlier draft.
    static void clear_away(const std::filesystem::path& directory, std::span<const std::string_view> names);

  private:
    void replace_each() const;

    std::filesystem::path directory_;
    std::filesystem::path draft_;
    std::span<const std::string_view> names_;
    bool whole_ = false;  // the draft may take the place of the directory itself
};

}  // namespace valhalla::schema
