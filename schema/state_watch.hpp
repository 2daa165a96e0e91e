// SPDX-License-Identifier: Apache-2.0
//
// Whether the files that are open are still those at their paths. SQLite goes on writing to a file that was moved away,
// replaced or deleted, and nothing fails: whatever is acknowledged then is in no file that anybody will open again.
// Device and inode of each are taken down while all is well and compared from then on; an inode that is open is never
// given to another file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace valhalla::schema {

class state_dir;

class state_watch {
  public:
    /// The directory, its lock, the database and its write-ahead log, which are all there: a writer has them open.
    /// Throws `storage_error`.
    explicit state_watch(const state_dir& what);

    /// What is not where it was, as a sentence without an end; nothing while all is well. Some microseconds.
    [[nodiscard]] std::optional<std::string> displaced() const;
    /// The same of the directory alone.
    [[nodiscard]] std::optional<std::string> directory_displaced() const;
    /// Where this process still has the files that were displaced, as shell commands that save them.
    [[nodiscard]] std::string ways_to_rescue() const;

  private:
    struct watched {
        std::filesystem::path path;
        ::dev_t device{};
        ::ino_t inode{};

        [[nodiscard]] std::optional<std::string> displaced() const;
    };
    std::vector<watched> files_;  // the directory first
};

}  // namespace valhalla::schema
