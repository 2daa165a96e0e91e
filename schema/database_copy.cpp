// SPDX-License-Identifier: Apache-2.0
#include "schema/database_copy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/connection.hpp"
#include "schema/limits.hpp"
#include "schema/migrations.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla::schema {

namespace {

namespace fs = std::filesystem;

/// Pages of a step: a MiB (a quarter of one in an older database), some milliseconds of the writer's thread at most.
constexpr int usual_step = (1 << 20U) / limits::page_bytes;
/// Of a step of a copy that the writer would otherwise outrun.
constexpr int largest_step = 16 * usual_step;

storage_error fault(int code, const fs::path& file, std::string_view doing, sqlite3* db = nullptr) {
    const int kind = code & 0xff;
    if (kind == SQLITE_FULL || (db != nullptr && no_room_for_write(db, code))) {
        return {storage_fault::full, fmt::format("{}: no space left; free some and try again", file.string())};
    }
    const bool damaged = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
    return {damaged ? storage_fault::broken : storage_fault::unusable,
            fmt::format("{}: {}: {} (code {})", file.string(), doing, sqlite3_errstr(code), code)};
}

/// Closed before SQLite opens it; SQLite itself would create it readable by all.
void create_copy_file(const fs::path& path) {
    const unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        throw storage_error{means_no_room(errno) ? storage_fault::full : storage_fault::unusable,
                            fmt::format("cannot create {}: {}", path.string(), std::strerror(errno))};
    }
}

SQLite::Database opened(const fs::path& file) {
    try {
        SQLite::Database db{resolved(file).string(),
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW};
        sqlite3_extended_result_codes(db.getHandle(), 1);
        return db;
    } catch (const SQLite::Exception& e) {
        throw fault(e.getErrorCode(), file, "opening the copy");
    }
}

}  // namespace

struct database_copy::impl {
    impl(const connection& source, fs::path file)
        : to{std::move(file)}, db{opened(to)}, backup{nullptr, &sqlite3_backup_finish} {
        try {
            // Nobody reads it before it is sealed, which syncs it; a copy cut short is removed.
            db.exec("PRAGMA journal_mode = OFF");
            db.exec("PRAGMA synchronous = OFF");
            db.exec(fmt::format("PRAGMA cache_size = {}", -limits::reader_cache_kib));
        } catch (const SQLite::Exception& e) {
            throw fault(e.getExtendedErrorCode(), to, "preparing the copy");
        }
        backup.reset(sqlite3_backup_init(db.getHandle(), "main", source.handle(), "main"));
        if (!backup) {
            throw fault(sqlite3_extended_errcode(db.getHandle()), to, "beginning the copy");
        }
    }

    fs::path to;
    SQLite::Database db;
    std::unique_ptr<sqlite3_backup, decltype(&sqlite3_backup_finish)> backup;
    int step = usual_step;
    int remaining = 0;  // pages, as of the last step; 0: there was none
    bool complete = false;
};

database_copy::database_copy(const connection& from, const fs::path& to) {
    create_copy_file(to);
    try {
        impl_ = std::make_unique<impl>(from, to);
    } catch (...) {
        ::unlink(to.c_str());
        throw;
    }
}

database_copy::~database_copy() {
    const auto file = impl_->complete ? fs::path{} : impl_->to;
    impl_.reset();
    if (!file.empty()) {
        ::unlink(file.c_str());
    }
}

bool database_copy::advance() {
    impl& self = *impl_;
    const int code = sqlite3_backup_step(self.backup.get(), self.step);
    if (code == SQLITE_DONE) {
        const int end = sqlite3_backup_finish(self.backup.release());
        if (end != SQLITE_OK) {
            throw fault(end, self.to, "completing the copy", self.db.getHandle());
        }
        self.complete = true;
        return true;
    }
    if (code != SQLITE_OK) {
        throw fault(code, self.to, "copying", self.db.getHandle());
    }
    const int remaining = sqlite3_backup_remaining(self.backup.get());
    if (self.remaining > 0 && remaining >= self.remaining) {
        self.step = std::min(self.step * 2, largest_step);
    }
    self.remaining = remaining;
    return false;
}

std::uint64_t room_to_restore(const fs::path& backup) {
    const auto bytes = fs::file_size(backup);
    // From the header (SQLite's file format, 1.3): opening it would leave files beside it.
    constexpr std::string_view magic{"SQLite format 3\0", 16};
    constexpr std::size_t version_at = 60;
    std::array<char, version_at + 4> header{};
    const unique_fd file{::open(backup.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto size = file ? ::pread(file.get(), header.data(), header.size(), 0) : -1;
    if (size != static_cast<::ssize_t>(header.size()) ||
        !std::string_view{header.data(), header.size()}.starts_with(magic)) {
        return bytes;  // no database: whoever reads it says so
    }
    std::uint32_t version = 0;
    for (std::size_t i = version_at; i < header.size(); ++i) {
        version = (version << 8U) | static_cast<unsigned char>(header.at(i));
    }
    return version < static_cast<std::uint32_t>(current_schema_version()) ? 3 * bytes : bytes;
}

void seal_copy(const fs::path& copy) {
    try {
        SQLite::Database db = opened(copy);
        db.exec("PRAGMA locking_mode = EXCLUSIVE");  // no shared memory beside it
        db.exec("PRAGMA temp_store = MEMORY");
        if (const auto mode = db.execAndGet("PRAGMA journal_mode = DELETE").getString(); mode != "delete") {
            throw storage_error{storage_fault::unusable,
                                fmt::format("{}: SQLite keeps the journal mode {}", copy.string(), mode)};
        }
    } catch (const SQLite::Exception& e) {
        throw fault(e.getExtendedErrorCode(), copy, "closing the copy");
    }
    const unique_fd file{::open(copy.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file || ::fsync(file.get()) != 0) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("{} cannot be synced: {}", copy.string(), std::strerror(errno))};
    }
}

}  // namespace valhalla::schema
