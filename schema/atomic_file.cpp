// SPDX-License-Identifier: Apache-2.0
#include "schema/atomic_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "schema/errors.hpp"

namespace valhalla::schema {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} * 1024;

std::filesystem::path temporary_name(const std::filesystem::path& destination) {
    return destination.parent_path() / ("." + destination.filename().string() + ".tmp");
}

}  // namespace

void throw_file_fault(const std::filesystem::path& path, std::string_view what, int error) {
    throw storage_error{
        means_no_room(error) ? storage_fault::full : storage_fault::unusable,
        path.string() + " cannot be " + std::string{what} + ": " + std::generic_category().message(error)};
}

atomic_file::atomic_file(std::filesystem::path destination) : destination_{std::move(destination)} {
    auto temporary = temporary_name(destination_);
    ::unlink(temporary.c_str());  // left by a crash
    // O_EXCL: whatever may have been put there meanwhile is not written through.
    fd_ = unique_fd{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd_) {
        throw_file_fault(temporary, "created", errno);
    }
    temporary_ = std::move(temporary);
    buffer_.reserve(buffer_bytes);
}

atomic_file::atomic_file(atomic_file&& other) noexcept
    : destination_{std::move(other.destination_)},
      temporary_{std::exchange(other.temporary_, {})},
      fd_{std::move(other.fd_)},
      buffer_{std::move(other.buffer_)},
      size_{other.size_} {}

atomic_file::~atomic_file() {
    if (!temporary_.empty()) {
        ::unlink(temporary_.c_str());
    }
}

void atomic_file::write(std::string_view bytes) {
    buffer_ += bytes;
    size_ += bytes.size();
    if (buffer_.size() >= buffer_bytes) {
        flush();
    }
}

void atomic_file::flush() {
    write_all(fd_.get(), buffer_, temporary_);
    buffer_.clear();
}

void atomic_file::seal() {
    flush();
    if (::fsync(fd_.get()) != 0) {
        throw_file_fault(temporary_, "synced", errno);
    }
    fd_ = unique_fd{};
}

void atomic_file::publish() {
    if (std::rename(temporary_.c_str(), destination_.c_str()) != 0) {
        throw_file_fault(destination_, "replaced", errno);
    }
    temporary_.clear();
}

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            throw_file_fault(path, "written", errno);
        }
        bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

void sync_directory(const std::filesystem::path& directory) {
    const unique_fd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd || ::fsync(fd.get()) != 0) {
        throw_file_fault(directory, "synced", errno);
    }
}

void replace_file(const std::filesystem::path& path, std::string_view bytes) {
    atomic_file file{path};
    file.write(bytes);
    file.seal();
    file.publish();
    sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

void replace_file_in(int directory, const std::filesystem::path& path, std::string_view bytes) {
    const auto name = path.filename().string();
    const auto temporary = temporary_name(name).string();
    ::unlinkat(directory, temporary.c_str(), 0);
    const unique_fd file{
        ::openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file) {
        throw_file_fault(path, "created", errno);
    }
    try {
        write_all(file.get(), bytes, path);
        if (::fsync(file.get()) != 0) {
            throw_file_fault(path, "synced", errno);
        }
        if (::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) {
            throw_file_fault(path, "replaced", errno);
        }
    } catch (...) {
        ::unlinkat(directory, temporary.c_str(), 0);
        throw;
    }
    if (::fsync(directory) != 0) {
        throw_file_fault(path.parent_path(), "synced", errno);
    }
}

}  // namespace valhalla::schema
