// SPDX-License-Identifier: Apache-2.0
//
// Files that appear whole or not at all, and stay after a power failure. Everything here throws `storage_error`: `full`
// when there is no space left, `unusable` for whatever else the system refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/unique_fd.hpp"

namespace valhalla::schema {

/// write … seal, publish. What is not published leaves nothing behind (but for a temporary file after a crash, which
/// the next writer of the same name replaces). One writer per name at a time.
class atomic_file {
  public:
    explicit atomic_file(std::filesystem::path destination);
    atomic_file(atomic_file&& other) noexcept;
    atomic_file& operator=(atomic_file&&) = delete;
    atomic_file(const atomic_file&) = delete;
    atomic_file& operator=(const atomic_file&) = delete;
    ~atomic_file();

    /// Buffered.
    void write(std::string_view bytes);
    /// Everything written is on the disk, under the temporary name. The descriptor is closed.
    void seal();
    /// After `seal`: takes the place of what bears the name. Durable once the directory is synced.
    void publish();

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    void flush();

    std::filesystem::path destination_;
    std::filesystem::path temporary_;  // empty: nothing to remove
    unique_fd fd_;
    std::string buffer_;
    std::uint64_t size_ = 0;
};

/// Throws what the system's `error` means for `path`, which "cannot be `what`".
[[noreturn]] void throw_file_fault(const std::filesystem::path& path, std::string_view what, int error);

/// All of `bytes`, whatever pieces the system takes them in. `path` is for the message.
void write_all(int fd, std::string_view bytes, const std::filesystem::path& path);

void sync_directory(const std::filesystem::path& directory);

/// `path` with exactly `bytes`, durable when it returns.
void replace_file(const std::filesystem::path& path, std::string_view bytes);
/// The same in a directory that is open, wherever that has been moved to. `path` is for its name and for the message.
void replace_file_in(int directory, const std::filesystem::path& path, std::string_view bytes);

}  // namespace valhalla::schema
