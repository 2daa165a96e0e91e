// SPDX-License-Identifier: Apache-2.0
#include "ipc/line_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace valhalla::ipc {

std::size_t line_buffer::capacity_for_more() const noexcept {
    if (begin_ == end_) {
        return read_bytes_;
    }
    const bool full = begin_ == 0 && end_ == capacity_ && capacity_ < longest();
    return full ? std::min(longest(), capacity_ * 2) : capacity_;
}

void line_buffer::release() noexcept {
    clear();
    memory_.reset();
    capacity_ = 0;
}

std::span<char> line_buffer::space() {
    if (begin_ == end_) {
        clear();
        if (capacity_ != read_bytes_) {
            resize(read_bytes_);  // also gives back what a long line had needed
        }
    } else if (begin_ > 0 && capacity_ - end_ < read_bytes_ / 2) {
        std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
        scanned_ -= begin_;
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity_ && capacity_ < longest()) {
        resize(std::min(longest(), capacity_ * 2));
    }
    return {memory_.get() + end_, capacity_ - end_};
}

void line_buffer::resize(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (begin_ != end_) {
        std::memcpy(larger.get(), memory_.get() + begin_, end_ - begin_);
    }
    memory_ = std::move(larger);
    capacity_ = capacity;
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
}

std::optional<std::string_view> line_buffer::line() noexcept {
    if (scanned_ == end_) {
        return std::nullopt;
    }
    const auto* const newline = static_cast<const char*>(std::memchr(memory_.get() + scanned_, '\n', end_ - scanned_));
    if (newline == nullptr) {
        scanned_ = end_;
        return std::nullopt;
    }
    scanned_ = static_cast<std::size_t>(newline - memory_.get());
    std::string_view text{memory_.get() + begin_, scanned_ - begin_};
    if (text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return text;
}

void line_buffer::consume() noexcept {
    begin_ = scanned_ + 1;
    scanned_ = begin_;
}

bool line_buffer::overlong() const noexcept {
    // The last byte may be the `\r` of the line's end.
    const std::size_t size = scanned_ - begin_;
    return size > line_bytes_ && !(size == line_bytes_ + 1 && memory_[scanned_ - 1] == '\r');
}

}  // namespace valhalla::ipc
