// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/evidence_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "schema/model/event.hpp"
#include "schema/verify/report.hpp"

namespace valhalla::verify {

using schema::unique_fd;

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw unreadable{fmt::format("{} cannot be read: {}", name, why)};
}

/// Nothing when there is no such file. A pipe of that name must not make us wait for its writer.
unique_fd open_regular(const std::filesystem::path& path) {
    unique_fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return fd;
        }
        refuse(path.string(), std::strerror(errno));
    }
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0) {
        refuse(path.string(), std::strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        refuse(path.string(), "it is not a regular file");
    }
    return fd;
}

}  // namespace

std::optional<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes) {
    auto source = byte_source::open(path);
    if (!source) {
        return std::nullopt;
    }
    std::string content;
    for (auto piece = source->take(byte_source::buffer_bytes); !piece.empty();
         piece = source->take(byte_source::buffer_bytes)) {
        if (content.size() + piece.size() > max_bytes) {
            blame_file(path.filename().string(), fmt::format("has more than {} bytes, which none has", max_bytes));
        }
        content += piece;
    }
    return content;
}

byte_source::byte_source(unique_fd fd, std::string name)
    : fd_{std::move(fd)}, name_{std::move(name)}, buffer_(buffer_bytes) {}

std::optional<byte_source> byte_source::open(const std::filesystem::path& path) {
    auto fd = open_regular(path);
    return fd ? std::optional{byte_source{std::move(fd), path.string()}} : std::nullopt;
}

std::optional<byte_source> byte_source::open_stream(const std::string& path) {
    unique_fd fd{path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        refuse(path, std::strerror(errno));
    }
    return byte_source{std::move(fd), path};
}

/// False at the end. Makes room by moving what is left to the front.
bool byte_source::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    for (;;) {
        const auto got = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
        if (got >= 0) {
            end_ += static_cast<std::size_t>(got);
            return got > 0;
        }
        if (errno != EINTR) {
            refuse(name_, std::strerror(errno));
        }
    }
}

std::string_view byte_source::hand_out(std::size_t count) {
    const std::string_view bytes{buffer_.data() + begin_, count};
    begin_ += count;
    taken_ += count;
    digest_.update(bytes);
    return bytes;
}

byte_source::line_state byte_source::next_line(std::string_view& line) {
    std::size_t searched = 0;
    for (;;) {
        const char* const start = buffer_.data() + begin_;
        const std::size_t have = end_ - begin_;
        if (const auto* newline = static_cast<const char*>(std::memchr(start + searched, '\n', have - searched))) {
            const auto size = static_cast<std::size_t>(newline - start);
            line = hand_out(size + 1).substr(0, size);
            return size > max_record_bytes ? line_state::too_long : line_state::line;
        }
        searched = have;
        if (have > max_record_bytes) {
            return line_state::too_long;
        }
        if (!fill()) {
            return have == 0 ? line_state::end : line_state::torn;
        }
    }
}

std::string_view byte_source::take(std::size_t count) {
    count = std::min(count, buffer_bytes);
    while (end_ - begin_ < count && fill()) {
    }
    return hand_out(std::min(count, end_ - begin_));
}

}  // namespace valhalla::verify
