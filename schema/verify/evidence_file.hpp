// SPDX-License-Identifier: Apache-2.0
//
// Reading files that anybody may have written: regular files only (a log may be a pipe), bounded buffers, sizes that
// were asked for. Throws `unreadable` for what the system refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/proof/sha256_stream.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla::verify {

/// Whole file; nothing when there is none of that name. Blames the file when it has more than `max_bytes`.
[[nodiscard]] std::optional<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes);

/// A file from its begin to its end, once.
class byte_source {
  public:
    enum class line_state : std::uint8_t {
        line,
        end,
        torn,     ///< the last line has no newline
        too_long  ///< longer than a record may be
    };

    /// Nothing when there is no such file.
    static std::optional<byte_source> open(const std::filesystem::path& path);
    /// Like `open`, or the standard input for `-`; pipes are allowed.
    static std::optional<byte_source> open_stream(const std::string& path);

    /// Views live until the next call.
    [[nodiscard]] line_state next_line(std::string_view& line);
    /// The next `count` bytes, fewer only at the end. At most `buffer_bytes`.
    [[nodiscard]] std::string_view take(std::size_t count);

    [[nodiscard]] std::uint64_t bytes_taken() const noexcept { return taken_; }
    /// Of all that was taken; the source is used up then.
    [[nodiscard]] schema::hash256 digest() { return digest_.finish(); }

    static constexpr std::size_t buffer_bytes = std::size_t{256} * 1024;

  private:
    byte_source(schema::unique_fd fd, std::string name);
    bool fill();
    std::string_view hand_out(std::size_t count);

    schema::unique_fd fd_;
    std::string name_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t taken_ = 0;
    schema::sha256_stream digest_;
};

}  // namespace valhalla::verify
