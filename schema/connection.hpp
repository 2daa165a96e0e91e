// SPDX-License-Identifier: Apache-2.0
//
// One SQLite connection with everything set that this product relies on, and read back. A connection belongs to one
// thread at a time. There is one writer per process; it alone writes, and checkpoints unless the log is too long for it
// (log_folder.hpp). Statements hold a reference to their connection and must be destroyed before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <SQLiteCpp/Database.h>

#include "schema/errors.hpp"

struct sqlite3;

namespace valhalla::schema {

/// "VALH": tells our databases from others.
inline constexpr std::int64_t application_id = 0x56414C48;

/// Where the file of a database really lies: SQLite is told to follow no symbolic link, not in a directory either.
[[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& database);
/// Names the file to SQLite as one that nobody changes: it then makes no files beside it.
[[nodiscard]] std::string immutable_uri(const std::filesystem::path& path);

/// Whether the write that failed with this code found no room, which can be had again; else the file is broken.
[[nodiscard]] bool no_room_for_write(sqlite3* db, int extended_code);

class connection {
  public:
    /// Creates the file (0600) where missing, brings it to the current version, checks its schema.
    static connection open_writer(const std::filesystem::path& database);
    /// Beside the writer, to do what that one must not wait for. The file must exist.
    static connection open_second_writer(const std::filesystem::path& database);
    /// The database must exist and be of the current version.
    static connection open_reader(const std::filesystem::path& database);
    /// For whoever trusts nothing: like a reader, but neither version nor schema has been looked at. Touches nothing on
    /// a medium that cannot be written: a database without a write-ahead log is then read as unchanging.
    static connection open_evidence(const std::filesystem::path& database);
    /// An empty database of the current version, to rebuild tables in. In memory while it is small, beyond that in a
    /// temporary file without a name.
    static connection open_scratch();
    /// Like a scratch connection, but without any table and without limits: for the generator of schema.sql.
    static connection open_bare();

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    /// Any thread.
    void interrupt() const noexcept;
    [[nodiscard]] sqlite3* handle() const noexcept { return db_.getHandle(); }
    /// What the database is called in messages.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Closing the last connection moves the log into the database and removes what lies at the log's path: not after
    /// this, for what lies there is another file.
    void leave_files_alone();

    /// Runs statements that give no rows. Not for the hot path.
    void execute(const std::string& sql);
    /// First column of the first row, as text; empty when there is no row. Not for the hot path.
    [[nodiscard]] std::string text_of(const std::string& sql);
    [[nodiscard]] bool in_transaction() const noexcept;
    /// That the write-ahead log has with so many pages in it.
    [[nodiscard]] std::int64_t wal_bytes(int pages) const noexcept;

    /// Throws the `storage_error` that result code `rc` of this connection's last call means.
    [[noreturn]] void raise(int rc, std::string_view doing) const;
    void check(int rc, std::string_view doing) const;

  private:
    enum class kind : std::uint8_t { writer, reader, evidence, scratch, bare };
    connection(kind what, const std::filesystem::path& database);
    connection(kind what, const std::string& file, int flags);
    static int open_flags(kind what);
    [[nodiscard]] bool reads_only() const noexcept { return kind_ == kind::reader || kind_ == kind::evidence; }

    void harden();
    void refuse_foreign();
    void apply_settings();
    void set(std::string_view pragma, std::string_view value, std::string_view expected);
    void flag(int option, bool on);
    void confine();

    SQLite::Database db_;
    std::string name_;
    kind kind_;
    std::int64_t page_bytes_ = 0;
};

}  // namespace valhalla::schema
