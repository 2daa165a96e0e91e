// SPDX-License-Identifier: Apache-2.0
#include "schema/document_spool.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/limits.hpp"

namespace valhalla::schema {

namespace {

constexpr std::uint64_t spool_piece_bytes = 65'536;
constexpr const char* spool_name = ".export.spool";

}  // namespace

void document_spool::add(std::string_view name, std::string_view piece) {
    if (documents_.empty() || documents_.back().name != name) {
        documents_.push_back({.name = std::string{name}, .begin = in_file_ + memory_.size()});
    }
    documents_.back().bytes += piece.size();
    memory_ += piece;
    if (memory_.size() >= limits::spool_memory_bytes) {
        spill();
    }
}

void document_spool::spill() {
    const auto path = directory_ / spool_name;
    std::error_code unknown;
    const auto space = std::filesystem::space(directory_, unknown);
    if (!unknown && space.available < limits::spool_spared_bytes + memory_.size()) {
        throw storage_error{storage_fault::full, directory_.string() + " has no room for a copy of the sessions"};
    }
    if (!file_) {
        ::unlink(path.c_str());  // left by a crash
        file_ = unique_fd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
        if (!file_) {
            throw_file_fault(path, "created", errno);
        }
        ::unlink(path.c_str());
    }
    write_all(file_.get(), memory_, path);
    in_file_ += memory_.size();
    memory_.clear();
}

void document_spool::read(std::size_t index, const std::function<void(std::string_view piece)>& visit) const {
    const auto& what = documents_[index];
    const auto end = what.begin + what.bytes;
    std::string piece;
    for (auto at = what.begin; at < end;) {
        if (at >= in_file_) {
            const auto bytes = std::min(end - at, spool_piece_bytes);
            visit(std::string_view{memory_}.substr(at - in_file_, bytes));
            at += bytes;
            continue;
        }
        piece.resize(std::min(std::min(end, in_file_) - at, spool_piece_bytes));
        const auto got = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            throw_file_fault(directory_ / spool_name, "read", got == 0 ? EIO : errno);
        }
        if (got > 0) {
            visit(std::string_view{piece}.substr(0, static_cast<std::size_t>(got)));
            at += static_cast<std::uint64_t>(got);
        }
    }
}

}  // namespace valhalla::schema
