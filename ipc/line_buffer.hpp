// SPDX-License-Identifier: Apache-2.0
//
// Framing: bytes go in at one end, lines come out at the other. Lines stay where they were read; nothing is copied but
// the incomplete rest, when the end of the memory is reached. No byte is looked at twice for a newline.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace valhalla::ipc {

class line_buffer {
  public:
    /// Begins with `read_bytes` of memory, taken at the first use, and grows only while a longer line comes in.
    /// `line_bytes` is the longest line, without its newline.
    line_buffer(std::size_t read_bytes, std::size_t line_bytes) noexcept
        : read_bytes_{read_bytes}, line_bytes_{line_bytes} {}

    /// Bytes that it holds, and that it would hold after `space`: larger only when a longer line needs it.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t capacity_for_more() const noexcept;
    /// Memory to read into; never empty unless `overlong`. Invalidates all lines.
    [[nodiscard]] std::span<char> space();
    /// `count` bytes were written there.
    void commit(std::size_t count) noexcept { end_ += count; }

    /// The first line, without `\n` or `\r\n`; the same again until `consume`. Valid until `space` or `clear`.
    [[nodiscard]] std::optional<std::string_view> line() noexcept;
    /// Drops the line that `line` gave.
    void consume() noexcept;
    /// The first line is longer than allowed, whether its end has been seen or not. Ask after `line`.
    [[nodiscard]] bool overlong() const noexcept;

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    void clear() noexcept { begin_ = end_ = scanned_ = 0; }
    /// Clears it and gives its memory back.
    void release() noexcept;

  private:
    [[nodiscard]] std::size_t longest() const noexcept { return line_bytes_ + 2; }  // with \r\n
    void resize(std::size_t capacity);

    std::size_t read_bytes_;
    std::size_t line_bytes_;
    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;    // of the first line
    std::size_t scanned_ = 0;  // no newline in [begin_, scanned_)
    std::size_t end_ = 0;
};

}  // namespace valhalla::ipc
