// SPDX-License-Identifier: Apache-2.0
//
// The state directory: what lies where, and who may use it. One process at a time: the lock is held from construction
// to destruction (flock on `lock`, released by the kernel when the process dies, however it dies).
#pragma once

#include <filesystem>

#include "schema/unique_fd.hpp"

namespace valhalla::schema {

class state_dir {
  public:
    /// Creates `path` (0700) and its parents where missing and takes the lock.
    /// Throws `storage_error`: `unusable` when it is not a directory of ours, can be read by others and that cannot be
    /// mended, is read-only, or lies on a network or FUSE filesystem; `locked` when another process holds it.
    explicit state_dir(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path database() const { return path_ / "valhalla.db"; }
    [[nodiscard]] std::filesystem::path anchor() const { return path_ / "anchor"; }
    /// Of an epoch that is about to begin: while its record is on the disk and `anchor` not yet of it.
    [[nodiscard]] std::filesystem::path next_anchor() const { return path_ / "anchor.next"; }
    [[nodiscard]] std::filesystem::path signing_key() const { return path_ / "signing.key"; }
    [[nodiscard]] std::filesystem::path witness_key() const { return path_ / "witness.key"; }
    [[nodiscard]] std::filesystem::path export_dir() const { return path_ / "export"; }
    [[nodiscard]] std::filesystem::path backup_dir() const { return path_ / "backup"; }
    [[nodiscard]] std::filesystem::path upload_dir() const { return path_ / "upload"; }

  private:
    std::filesystem::path path_;
    unique_fd lock_;
};

}  // namespace valhalla::schema
