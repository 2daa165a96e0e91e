// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <stdexcept>
#include <utility>

namespace valhalla::http {

namespace {

constexpr int readable_by_all = 0644;

constexpr la_ssize_t not_written = -1;

}  // namespace

ssize_t tar_writer::append(archive* /*of*/, void* writer, const void* data, std::size_t size) {
    auto& to = *static_cast<tar_writer*>(writer);
    if (to.dropped_) {
        return not_written;
    }
    to.made_.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
}

void tar_writer::freed::operator()(archive* of) const noexcept {
    ::archive_write_free(of);
}

/// libarchive closes what is not closed, and would end a file that is not whole with as many zeros as are missing.
tar_writer::~tar_writer() {
    dropped_ = true;
}

tar_writer::tar_writer() : archive_{::archive_write_new()} {
    require(archive_ && ::archive_write_set_format_pax_restricted(archive_.get()) == ARCHIVE_OK &&
            ::archive_write_set_bytes_per_block(archive_.get(), 0) == ARCHIVE_OK &&
            ::archive_write_open(archive_.get(), this, nullptr, append, nullptr) == ARCHIVE_OK);
}

void tar_writer::require(bool well) const {
    if (!well) {
        const char* const why = archive_ ? ::archive_error_string(archive_.get()) : nullptr;
        throw std::runtime_error{std::string{"the archive cannot be written: "} + (why != nullptr ? why : "no memory")};
    }
}

void tar_writer::begin(const std::string& name, std::uint64_t bytes) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry{::archive_entry_new(), ::archive_entry_free};
    require(entry != nullptr);
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), readable_by_all);
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    require(::archive_write_header(archive_.get(), entry.get()) == ARCHIVE_OK);
}

void tar_writer::write(std::string_view piece) {
    require(::archive_write_data(archive_.get(), piece.data(), piece.size()) == static_cast<la_ssize_t>(piece.size()));
}

void tar_writer::finish() {
    require(::archive_write_close(archive_.get()) == ARCHIVE_OK);
}

std::string tar_writer::take() {
    return std::exchange(made_, {});
}

}  // namespace valhalla::http
