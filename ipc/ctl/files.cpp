// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::ctl {

namespace fs = std::filesystem;

namespace {

constexpr ::mode_t file_mode = 0666;  // the user's umask decides

fault file_fault(std::string_view what, const fs::path& path, int error) {
    return fault{exit_code::refused,
                 fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(error))};
}

descriptor open_temporary(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file_mode);
    if (fd < 0) {
        throw file_fault("write", path, errno);
    }
    return descriptor{fd};
}

/// Opened without blocking, so that a named pipe does not make us wait for a writer.
descriptor open_to_read(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        throw file_fault("read", path, errno);
    }
    return descriptor{fd};
}

/// Bytes that the character at the start of `text` takes in a JSON string.
std::size_t escaped_size(char head, std::size_t length) {
    if (head == '"' || head == '\\') {
        return 2;
    }
    constexpr std::size_t unicode_escape = 6;
    return static_cast<unsigned char>(head) < 0x20 ? unicode_escape : length;
}

}  // namespace

descriptor::~descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

void make_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
        throw fault{exit_code::refused,
                    fmt::format("cannot make the directory {}: {}", directory.string(), error.message())};
    }
    if (!fs::is_directory(directory, error)) {
        throw fault{exit_code::refused, fmt::format("{} is not a directory", directory.string())};
    }
}

void sync_directory(const fs::path& directory) {
    const descriptor fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) {
        throw file_fault("sync", directory, errno);
    }
}

void sync_file_system(const fs::path& directory) {
    const descriptor fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd.get() < 0 || ::syncfs(fd.get()) != 0) {
        throw file_fault("sync", directory, errno);
    }
}

std::optional<std::string> read_small_file(const fs::path& path, std::size_t most) {
    const descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (fd.get() < 0) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw file_fault("read", path, errno);
    }
    std::string bytes(most + 1, '\0');
    std::size_t size = 0;
    for (ssize_t got = 1; got != 0 && size <= most;) {
        got = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno != EINTR) {
            throw file_fault("read", path, errno);
        }
        size += static_cast<std::size_t>(got > 0 ? got : 0);
    }
    if (size > most) {
        throw fault{exit_code::refused, fmt::format("{} has more than {} bytes", path.string(), most)};
    }
    bytes.resize(size);
    return bytes;
}

staged_file::staged_file(const fs::path& directory, const std::string& name)
    : temporary_{directory / fmt::format(".{}.{}.tmp", name, ::getpid())},
      final_{directory / name},
      fd_{open_temporary(temporary_)} {}

staged_file::~staged_file() {
    if (!temporary_.empty()) {
        ::unlink(temporary_.c_str());
    }
}

staged_file::staged_file(staged_file&& other) noexcept
    : temporary_{std::exchange(other.temporary_, {})}, final_{std::move(other.final_)}, fd_{std::move(other.fd_)} {}

void staged_file::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            throw file_fault("write", final_, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void staged_file::sync() {
    if (::fsync(fd_.get()) != 0) {
        throw file_fault("write", final_, errno);
    }
}

void staged_file::put_in_place() {
    if (::rename(temporary_.c_str(), final_.c_str()) != 0) {
        throw file_fault("replace", final_, errno);
    }
    temporary_.clear();
}

text_file::text_file(const fs::path& path, std::string name) : name_{std::move(name)}, fd_{open_to_read(path)} {
    struct ::stat facts{};
    if (::fstat(fd_.get(), &facts) != 0) {
        throw file_fault("read", path, errno);
    }
    if (S_ISDIR(facts.st_mode)) {
        throw fault{exit_code::refused, fmt::format("{} is a directory where a file should be", path.string())};
    }
    if (!S_ISREG(facts.st_mode)) {
        throw fault{exit_code::refused, fmt::format("{} is not a regular file", path.string())};
    }
    size_ = static_cast<std::uint64_t>(facts.st_size);
}

void text_file::fill() {
    while (!at_end_ && buffer_.size() < max_piece_bytes) {
        const auto before = buffer_.size();
        buffer_.resize(max_piece_bytes);
        const auto got = ::read(fd_.get(), buffer_.data() + before, max_piece_bytes - before);
        const int error = errno;
        buffer_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && error != EINTR) {
            throw file_fault("read", name_, error);
        }
        at_end_ = got == 0;
    }
}

std::optional<std::string> text_file::next_piece() {
    fill();
    constexpr std::size_t longest_character = 4;
    std::size_t at = 0;
    std::size_t escaped = 0;
    while (at < buffer_.size() && escaped < max_piece_escaped_bytes) {
        const auto rest = std::string_view{buffer_}.substr(at);
        const auto length = ipc::utf8_sequence_size(rest);
        if (length == 0 && at > 0 && !at_end_ && rest.size() < longest_character) {
            break;  // perhaps cut by the buffer: the next piece will tell
        }
        if (length == 0) {
            throw fault{exit_code::refused, fmt::format("{}:{}: the byte 0x{:02x} is not UTF-8; nothing was imported",
                                                        name_, line_, static_cast<unsigned char>(rest.front()))};
        }
        if (rest.front() == '\0') {
            throw fault{exit_code::refused,
                        fmt::format("{}:{}: a NUL byte, which no text has; nothing was imported", name_, line_)};
        }
        line_ += rest.front() == '\n' ? 1 : 0;
        escaped += escaped_size(rest.front(), length);
        at += length;
    }
    if (at == 0) {
        return std::nullopt;
    }
    auto piece = buffer_.substr(0, at);
    buffer_.erase(0, at);
    return piece;
}

}  // namespace valhalla::ctl
