// SPDX-License-Identifier: Apache-2.0
//
// Files on the user's side: written so that a crash leaves the old content or the new, read in pieces that can travel
// as JSON strings. Every failure is a `fault` with one sentence that names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace valhalla::ctl {

/// An open file descriptor, closed when it goes.
class descriptor {
  public:
    explicit descriptor(int fd) noexcept : fd_{fd} {}
    ~descriptor();
    descriptor(descriptor&& other) noexcept : fd_{other.fd_} { other.fd_ = -1; }
    descriptor& operator=(descriptor&&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

  private:
    int fd_;
};

/// Makes the directory where it is missing.
void make_directory(const std::filesystem::path& directory);
/// Makes renames in it durable.
void sync_directory(const std::filesystem::path& directory);
/// Makes everything durable that was written to the file system which holds `directory`: one wait for many files.
void sync_file_system(const std::filesystem::path& directory);

/// The whole content of a small file. Nothing when there is none; a `fault` when it has more than `most` bytes.
[[nodiscard]] std::optional<std::string> read_small_file(const std::filesystem::path& path, std::size_t most);

/// A new content for `directory/name` under a temporary name beside it. Vanishes unless it is put in place.
class staged_file {
  public:
    staged_file(const std::filesystem::path& directory, const std::string& name);
    ~staged_file();
    staged_file(staged_file&& other) noexcept;
    staged_file& operator=(staged_file&&) = delete;

    void write(std::string_view bytes);
    /// Makes the content durable; nothing may be written afterwards.
    void sync();
    /// Renames it to its name, synced or not. `sync_directory` makes that durable.
    void put_in_place();

  private:
    std::filesystem::path temporary_;
    std::filesystem::path final_;
    descriptor fd_;
};

/// A text file read in pieces of whole UTF-8 characters, each short enough for one request line.
class text_file {
  public:
    static constexpr std::size_t max_piece_bytes = std::size_t{256} << 10U;
    /// A piece as a JSON string: control characters take six bytes there, and a request line has at most 1 MiB.
    static constexpr std::size_t max_piece_escaped_bytes = std::size_t{768} << 10U;

    /// `name` stands for the file in sentences. A directory or anything else that is not a file is a `fault`.
    text_file(const std::filesystem::path& path, std::string name);

    /// Nothing at the end. Bytes that are not UTF-8, and NUL, are a `fault` that names file and line.
    [[nodiscard]] std::optional<std::string> next_piece();
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    void fill();

    std::string name_;
    descriptor fd_;
    std::uint64_t size_ = 0;
    std::string buffer_;
    bool at_end_ = false;
    std::int64_t line_ = 1;
};

}  // namespace valhalla::ctl
