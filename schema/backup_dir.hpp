// SPDX-License-Identifier: Apache-2.0
//
// STATE/backup: `valhalla-<UTC time>-<records>.db`, each with its signed checkpoint `….db.checkpoint` beside it. The
// names sort by time, and by records within a second. A backup is complete when it bears its name; whatever else a
// crash left is cleared away. One process at a time, one thread at a time. Throws `storage_error`: `full`, `unusable`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/time.hpp"

namespace valhalla::schema {

class backup_dir {
  public:
    /// Creates `path` (0700) where it is missing and removes what no backup needs.
    explicit backup_dir(std::filesystem::path path);

    /// Of a backup of `records` records, made at `at`.
    [[nodiscard]] static std::string name_of(unix_micros at, std::uint64_t records);
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Where a backup is made.
    [[nodiscard]] std::filesystem::path draft() const;
    /// Beside the backup of that name, before it has the name.
    void put_checkpoint(const std::string& name, std::string_view note) const;
    /// The draft, which is on the disk, takes its name for good; from another backup of the same records and second
    /// too.
    void publish(const std::string& name) const;

    /// Names, oldest first.
    [[nodiscard]] std::vector<std::string> names() const;
    /// Removes all but the newest `keep`, the oldest first; gives the names of what it removed.
    [[nodiscard]] std::vector<std::string> remove_all_but(std::size_t keep) const;

  private:
    std::filesystem::path path_;
};

/// When the newest backup in `directory` was made, by its file's time; nothing when there is none, or it cannot be
/// seen. Changes nothing, and may be asked while a backup is made.
[[nodiscard]] std::optional<unix_micros> newest_backup_time(const std::filesystem::path& directory) noexcept;

/// Removes a draft and the checkpoints that belong to no backup, where `directory` is there. As good as it goes.
void clear_backup_leftovers(const std::filesystem::path& directory) noexcept;

/// The file of the checkpoint that belongs to a backup.
[[nodiscard]] std::filesystem::path checkpoint_beside(const std::filesystem::path& backup);

}  // namespace valhalla::schema
