// SPDX-License-Identifier: Apache-2.0
#include "schema/import_directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "schema/import_fields.hpp"

namespace valhalla::schema {

namespace {

std::string in_words(int error) {
    return std::generic_category().message(error);
}

std::size_t checked_size(std::string_view name, const struct stat& about, std::size_t max_bytes) {
    if (S_ISDIR(about.st_mode)) {
        refuse_file(name, "is a directory where a file should be");
    }
    if (!S_ISREG(about.st_mode)) {
        refuse_file(name, "is not a regular file");
    }
    if (about.st_size == 0) {
        refuse_file(name, "is empty");
    }
    const auto size = static_cast<std::size_t>(about.st_size);
    if (size > max_bytes) {
        refuse_file(name, "is larger than the " + std::to_string(max_bytes) + " bytes that can be imported");
    }
    return size;
}

}  // namespace

import_directory::import_directory(const std::filesystem::path& path)
    : fd_{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    if (!fd_) {
        refuse_file({}, path.string() + " cannot be opened: " + in_words(errno));
    }
}

void read_exactly(const unique_fd& from, std::string_view name, std::size_t offset, std::span<char> into) {
    while (!into.empty()) {
        const auto got = ::pread(from.get(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno != EINTR) {
            refuse_file(name, "cannot be read: " + in_words(errno));
        }
        if (got == 0) {
            refuse_file(name, "became shorter while it was read");
        }
        const auto bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
        into = into.subspan(bytes);
        offset += bytes;
    }
}

std::optional<import_directory::file> import_directory::open(std::string_view name, std::size_t max_bytes) const {
    // O_NONBLOCK: a pipe of that name must not make us wait for its writer.
    unique_fd fd{::openat(fd_.get(), std::string{name}.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        refuse_file(
            name, errno == ELOOP ? "is a symbolic link where a file should be" : "cannot be read: " + in_words(errno));
    }
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0) {
        refuse_file(name, "cannot be read: " + in_words(errno));
    }
    return file{std::move(fd), checked_size(name, about, max_bytes)};
}

std::optional<std::string> import_directory::read(std::string_view name, std::size_t max_bytes) const {
    const auto opened = open(name, max_bytes);
    if (!opened) {
        return std::nullopt;
    }
    std::string content(opened->size, '\0');
    read_exactly(opened->fd, name, 0, content);
    return content;
}

}  // namespace valhalla::schema
