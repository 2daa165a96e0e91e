// SPDX-License-Identifier: Apache-2.0
//
// STATE/backup: `valhalla-<UTC time>-<records>.db`, each with its signed checkpoint `….db.checkpoint` beside it. The
// names sort in the order in which the backups were made: where the clock was put back, the time in a name goes on from
// the one before, and the file's time is the true one. A backup is complete when it bears its name; whatever else a
// crash left is cleared away. What has another name is of the administrator and left alone. One process at a time, one
// thread at a time. Throws `storage_error`: `full`, `unusable`.
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
    /// The same, or as much later that it sorts behind all there are.
    [[nodiscard]] std::string next_name(unix_micros at, std::uint64_t records) const;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Where a backup is made.
    [[nodiscard]] std::filesystem::path draft() const;
    /// Beside the backup of that name, before it has the name.
    void put_checkpoint(const std::string& name, std::string_view note) const;
    /// The draft, which is on the disk, takes its name for good.
    void publish(const std::string& name) const;

    /// Names, oldest first.
    [[nodiscard]] std::vector<std::string> names() const;
    struct removal {
        std::vector<std::string> removed;  ///< names, oldest first
        std::vector<std::string> left;     ///< sentences: what stays in the way, and why
    };
    /// Removes all but `newest`, which was just made, and the `keep - 1` before it. Throws nothing: there is a backup.
    [[nodiscard]] removal remove_all_but(std::size_t keep, const std::string& newest) const;

  private:
    void remove_old(std::size_t keep, const std::string& newest, removal& done) const;

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
