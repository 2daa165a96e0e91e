// SPDX-License-Identifier: Apache-2.0
//
// A copy of a database that is being written to, page by page, on the thread of its only writer and between its
// transactions. The pages that the writer changes meanwhile are copied along by its own commits, so the copy is of the
// moment at which it is complete, however much is written; no read transaction outlives a step, so the write-ahead log
// does not grow for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "schema/errors.hpp"

namespace valhalla::schema {

class connection;

class database_copy {
  public:
    /// Creates `to` (0600), which must not exist. `from` writes, and outlives the copy.
    database_copy(const connection& from, const std::filesystem::path& to);
    /// What was not completed is removed.
    ~database_copy();
    database_copy(const database_copy&) = delete;
    database_copy& operator=(const database_copy&) = delete;

    /// Copies about a MiB, more when the database grows faster than that. Outside of a transaction. True when the copy
    /// is complete; nothing may be called then. Throws `storage_error`, after which the writer is as good as before:
    /// `full` and `unusable` say what is wrong with the copy.
    [[nodiscard]] bool advance();

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// Bytes that a copy of `backup` may take until it is of the current version: those of the file, three times as many
/// when it is of an older version, which has its tables written anew, in the file and in its log.
[[nodiscard]] std::uint64_t room_to_restore(const std::filesystem::path& backup);

/// Makes a complete copy a file that stands for itself: without a write-ahead log, on the disk. Whether it is sound is
/// for its verification to say. Throws `storage_error`.
void seal_copy(const std::filesystem::path& copy);

}  // namespace valhalla::schema
