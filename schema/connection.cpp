// SPDX-License-Identifier: Apache-2.0
#include "schema/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/limits.hpp"
#include "schema/migrations.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla::schema {
namespace {

namespace fs = std::filesystem;

/// What the last failed write to a file said; `sqlite3_system_errno` does not tell for a commit.
int last_write_error(sqlite3* db, int which) {
    sqlite3_file* file = nullptr;
    int error = 0;
    if (sqlite3_file_control(db, "main", which, static_cast<void*>(&file)) == SQLITE_OK && file != nullptr &&
        file->pMethods != nullptr) {
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    return error;
}

storage_fault fault_of(sqlite3* db, int extended) {
    switch (extended & 0xff) {
        case SQLITE_FULL: return storage_fault::full;
        case SQLITE_IOERR: return no_room_for_write(db, extended) ? storage_fault::full : storage_fault::broken;
        case SQLITE_BUSY: return storage_fault::busy;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_NOMEM: return storage_fault::broken;
        case SQLITE_CANTOPEN:
            return means_no_room(sqlite3_system_errno(db)) ? storage_fault::full : storage_fault::unusable;
        case SQLITE_READONLY:
        case SQLITE_PERM: return storage_fault::unusable;
        default: return storage_fault::failed;
    }
}

/// SQLite would create the file readable by all. The file is closed before SQLite opens it: a close later on would
/// drop SQLite's locks.
void create_private_file(const fs::path& path) {
    const unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("cannot create {}: {}; make the directory writable or choose another one",
                                        path.string(), std::strerror(errno))};
    }
    const unique_fd directory{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory || ::fsync(directory.get()) != 0) {
        throw storage_error{storage_fault::unusable, fmt::format("cannot sync directory {}: {}",
                                                                 path.parent_path().string(), std::strerror(errno))};
    }
}

/// For whoever runs a daemon. An auditor wants to know what the file is, not where to keep another.
constexpr std::string_view ways_out =
    "restore a backup with --restore FILE --reason TEXT, or choose another state directory";

void check_file(const fs::path& path, const std::string& advice) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("cannot open {}: {}", path.string(), std::strerror(errno))};
    }
    if (!S_ISREG(status.st_mode)) {
        throw storage_error{storage_fault::unusable,
                            fmt::format("{} is {}, not a database{}", path.string(),
                                        S_ISDIR(status.st_mode) ? "a directory" : "no regular file", advice)};
    }
}

fs::path prepared_for_writing(const fs::path& database) {
    const fs::path path = resolved(database);
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) {
        create_private_file(path);
    }
    check_file(path, fmt::format("; {}", ways_out));
    if (::chmod(path.c_str(), 0600) != 0) {
        throw storage_error{storage_fault::unusable, fmt::format("cannot make {} private (0600): {}; run as its owner",
                                                                 path.string(), std::strerror(errno))};
    }
    return path;
}

fs::path prepared_for_reading(const fs::path& database, const std::string& advice) {
    fs::path path = resolved(database);
    check_file(path, advice);
    return path;
}

/// Before the first connection of the process: SQLite need not count its memory, which costs a lock for every
/// allocation. Whoever opened a database before us keeps what he has.
void configure_library() {
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

SQLite::Database opened(const std::string& file, int flags) {
    configure_library();
    try {
        return SQLite::Database{file, flags, limits::busy_timeout_ms};
    } catch (const SQLite::Exception& e) {
        throw storage_error{storage_fault::unusable, fmt::format("cannot open {}: {}", file, e.what())};
    }
}

/// Reading a database in WAL mode makes files beside it, unless SQLite is told that nobody will change it.
bool cannot_change(const fs::path& path) {
    struct stat status{};
    const bool has_log = ::lstat((path.string() + "-wal").c_str(), &status) == 0;
    return !has_log && ::access(path.parent_path().c_str(), W_OK) != 0;
}

/// The first statement reads the whole schema, and of a foreign file that may have no end: its pages may point to each
/// other. Ours takes some thousand steps.
class bounded_reading {
  public:
    explicit bounded_reading(sqlite3* db) noexcept : db_{db} {
        sqlite3_progress_handler(db_, most_steps, [](void*) { return 1; }, nullptr);
    }
    ~bounded_reading() { sqlite3_progress_handler(db_, 0, nullptr, nullptr); }
    bounded_reading(const bounded_reading&) = delete;
    bounded_reading& operator=(const bounded_reading&) = delete;

  private:
    static constexpr int most_steps = 1'000'000;
    sqlite3* db_;
};

/// The table that a statement of ours is about, as ": NAME": it stands behind the first of these words.
std::string table_in(std::string_view sql) {
    for (const std::string_view before : {" FROM ", "INSERT INTO ", "UPDATE "}) {
        if (const auto at = sql.find(before); at != std::string_view::npos) {
            const auto name = sql.substr(at + before.size());
            return fmt::format(": {}", name.substr(0, name.find_first_of(" (;,")));
        }
    }
    return {};
}

// What a statement may do, decided once when it is prepared.

constexpr std::array append_only_tables{"audit",    "audit_posting", "tree_tile",    "event_kind", "actor_name",
                                        "instance", "cone_history",  "session_note", "epoch"};

bool append_only(const char* table) {
    return table != nullptr &&
           std::ranges::any_of(append_only_tables, [table](const char* t) { return std::strcmp(t, table) == 0; });
}

/// Pragmas may be asked, never set, and those that act by being asked are not among them. One takes the name of a
/// table.
bool may_ask(const char* pragma, const char* argument) {
    static constexpr std::array known{
        "application_id", "user_version",       "page_size",  "encoding",           "journal_mode", "synchronous",
        "foreign_keys",   "recursive_triggers", "temp_store", "wal_autocheckpoint", "mmap_size",    "cache_size",
        "busy_timeout",   "secure_delete",      "query_only", "cell_size_check",    "page_count"};
    return std::strcmp(pragma, "integrity_check") == 0 || std::strcmp(pragma, "quick_check") == 0 ||
           (argument == nullptr &&
            std::ranges::any_of(known, [pragma](const char* k) { return std::strcmp(k, pragma) == 0; }));
}

int authorize_reading(void* /*self*/, int action, const char* first, const char* second, const char* /*database*/,
                      const char* /*trigger*/) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_FUNCTION:
        case SQLITE_RECURSIVE:
        case SQLITE_TRANSACTION: return SQLITE_OK;
        case SQLITE_PRAGMA: return may_ask(first, second) ? SQLITE_OK : SQLITE_DENY;
        default: return SQLITE_DENY;
    }
}

int authorize_writing(void* self, int action, const char* first, const char* second, const char* database,
                      const char* trigger) {
    switch (action) {
        case SQLITE_INSERT: return std::strncmp(first, "sqlite_", 7) == 0 ? SQLITE_DENY : SQLITE_OK;
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            return append_only(first) || std::strncmp(first, "sqlite_", 7) == 0 ? SQLITE_DENY : SQLITE_OK;
        default: return authorize_reading(self, action, first, second, database, trigger);
    }
}

}  // namespace

/// ENOSPC comes as SQLITE_FULL; a quota and a limit of the process come as failed writes: of the log in a commit, of
/// the database in a checkpoint. The commit mark is the last thing written, so a write that failed has not committed
/// and can be rolled back, and what a checkpoint did not move stays in the log. A failed sync never can: what it left
/// on the disk is unknown.
bool no_room_for_write(sqlite3* db, int extended) {
    return extended == SQLITE_IOERR_WRITE && (means_no_room(last_write_error(db, SQLITE_FCNTL_JOURNAL_POINTER)) ||
                                              means_no_room(last_write_error(db, SQLITE_FCNTL_FILE_POINTER)));
}

fs::path resolved(const fs::path& database) {
    std::error_code ignored;
    const fs::path directory = fs::canonical(fs::absolute(database).parent_path(), ignored);
    return ignored ? database : directory / database.filename();
}

std::string immutable_uri(const fs::path& path) {
    std::string uri = "file:";
    for (const char c : path.string()) {
        const bool special = c == '%' || c == '?' || c == '#';
        uri += special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string{c};
    }
    return uri + "?immutable=1";
}

connection connection::open_writer(const fs::path& database) {
    return connection{kind::writer, prepared_for_writing(database)};
}

connection connection::open_second_writer(const fs::path& database) {
    return connection{kind::writer, prepared_for_reading(database, {})};
}

connection connection::open_reader(const fs::path& database) {
    return connection{kind::reader, prepared_for_reading(database, fmt::format("; {}", ways_out))};
}

connection connection::open_evidence(const fs::path& database) {
    const fs::path path = prepared_for_reading(database, {});
    const int flags = open_flags(kind::evidence);
    return cannot_change(path) ? connection{kind::evidence, immutable_uri(path), flags | SQLITE_OPEN_URI}
                               : connection{kind::evidence, path.string(), flags};
}

connection connection::open_scratch() {
    return connection{kind::scratch, ""};
}

connection connection::open_bare() {
    return connection{kind::bare, ":memory:"};
}

int connection::open_flags(kind what) {
    switch (what) {
        case kind::writer: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
        case kind::reader:
        case kind::evidence: return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
        case kind::scratch:
        case kind::bare: break;
    }
    return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
}

connection::connection(kind what, const fs::path& database) : connection{what, database.string(), open_flags(what)} {}

connection::connection(kind what, const std::string& file, int flags)
    : db_{opened(file, flags)}, name_{file.empty() ? "the scratch database" : file}, kind_{what} {
    harden();
    {
        const bounded_reading until_the_schema_is_known{handle()};
        refuse_foreign();
    }
    apply_settings();
    if (kind_ == kind::bare) {
        return;
    }
    if (!reads_only()) {
        migrate(*this);
    }
    if (kind_ != kind::evidence) {
        check_schema(*this);
    }
    if (kind_ == kind::evidence) {
        // The table that tells whose each page is. SQLite sets it up at its first use, for which the authorizer would
        // have to allow what it must not.
        static_cast<void>(text_of("SELECT 1 FROM dbstat LIMIT 0"));
    }
    confine();
    flag(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reads_only());
}

connection::~connection() = default;

void connection::flag(int option, bool on) {
    int now = -1;
    check(sqlite3_db_config(handle(), option, on ? 1 : 0, &now), "configuring the connection");
    if (now != (on ? 1 : 0)) {
        throw storage_error{storage_fault::failed,
                            fmt::format("SQLite did not accept connection option {} for {}", option, name_)};
    }
}

void connection::leave_files_alone() {
    flag(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

/// Before the first read: whatever lies in a foreign file must not act on us, nor we on it.
void connection::harden() {
    sqlite3_extended_result_codes(handle(), 1);
    flag(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    flag(SQLITE_DBCONFIG_DEFENSIVE, true);
    flag(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false);
    flag(SQLITE_DBCONFIG_WRITABLE_SCHEMA, false);
    flag(SQLITE_DBCONFIG_DQS_DML, false);
    flag(SQLITE_DBCONFIG_DQS_DDL, false);
    flag(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false);
    flag(SQLITE_DBCONFIG_ENABLE_TRIGGER, true);
    flag(SQLITE_DBCONFIG_ENABLE_FKEY, true);
}

void connection::refuse_foreign() {
    const auto refuse = [this](std::string_view what) {
        const auto advice =
            kind_ == kind::evidence ? std::string{} : fmt::format("; it was left as it is: {}", ways_out);
        throw storage_error{storage_fault::unusable, fmt::format("{} is {}{}", name_, what, advice)};
    };
    std::string id;
    std::string objects;
    try {
        id = text_of("PRAGMA application_id");
        objects = text_of("SELECT EXISTS (SELECT 1 FROM sqlite_schema)");
    } catch (const storage_error& e) {
        if (sqlite3_errcode(handle()) == SQLITE_NOTADB) {
            refuse("not an SQLite database");
        }
        if (sqlite3_errcode(handle()) == SQLITE_INTERRUPT) {
            throw storage_error{storage_fault::broken,
                                fmt::format("the database is damaged: sqlite_schema has no end ({})", name_)};
        }
        throw;
    }
    const bool empty = id == "0" && objects == "0" && text_of("PRAGMA user_version") == "0";
    if (id == std::to_string(application_id) || (empty && !reads_only())) {
        return;
    }
    refuse(empty ? "an empty database" : "the database of another program");
}

void connection::set(std::string_view pragma, std::string_view value, std::string_view expected) {
    execute(fmt::format("PRAGMA {} = {}", pragma, value));
    const std::string now = text_of(fmt::format("PRAGMA {}", pragma));
    if (now != expected) {
        throw storage_error{storage_fault::unusable, fmt::format("SQLite keeps {} = {} for {}, where {} is needed",
                                                                 pragma, now, name_, expected)};
    }
}

void connection::apply_settings() {
    if (!reads_only()) {
        execute(fmt::format("PRAGMA page_size = {}", limits::page_bytes));  // a database with pages keeps theirs
        set("encoding", "'UTF-8'", "UTF-8");
        set("secure_delete", "OFF", "0");  // nothing is ever deleted that was secret
    }
    page_bytes_ = std::stoll(text_of("PRAGMA page_size"));
    if (kind_ == kind::writer) {
        set("journal_mode", "WAL", "wal");
    }
    if (reads_only()) {
        set("query_only", "ON", "1");
    }
    set("synchronous", "FULL", "2");
    set("foreign_keys", "ON", "1");
    set("recursive_triggers", "ON", "1");  // else INSERT OR REPLACE passes the append-only triggers
    set("temp_store", "MEMORY", "2");
    set("mmap_size", "0", reads_only() || kind_ == kind::writer ? "0" : "");  // without a file there is no map
    set("cell_size_check", "ON", "1");
    const int cache_kib = kind_ == kind::writer ? limits::writer_cache_kib : limits::reader_cache_kib;
    set("cache_size", std::to_string(-cache_kib), std::to_string(-cache_kib));
    set("wal_autocheckpoint", "0", "0");  // the ledger thread checkpoints, after it has replied
}

/// Last, when all that needs more rights is done.
void connection::confine() {
    const std::array<std::pair<int, int>, 10> caps{{{SQLITE_LIMIT_LENGTH, limits::sqlite_value_bytes},
                                                    {SQLITE_LIMIT_SQL_LENGTH, limits::sqlite_sql_bytes},
                                                    {SQLITE_LIMIT_COLUMN, 32},
                                                    {SQLITE_LIMIT_EXPR_DEPTH, 50},
                                                    {SQLITE_LIMIT_COMPOUND_SELECT, 4},
                                                    {SQLITE_LIMIT_FUNCTION_ARG, 8},
                                                    {SQLITE_LIMIT_ATTACHED, 0},
                                                    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
                                                    {SQLITE_LIMIT_TRIGGER_DEPTH, 4},
                                                    {SQLITE_LIMIT_WORKER_THREADS, 0}}};
    for (const auto& [which, cap] : caps) {
        sqlite3_limit(handle(), which, cap);
        if (sqlite3_limit(handle(), which, -1) != cap) {
            throw storage_error{storage_fault::failed, fmt::format("SQLite did not accept limit {}", which)};
        }
    }
    check(sqlite3_set_authorizer(handle(), reads_only() ? authorize_reading : authorize_writing, nullptr),
          "installing the authorizer");
}

void connection::execute(const std::string& sql) {
    check(sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr), sql);
}

std::string connection::text_of(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(handle(), sql.c_str(), -1, &raw, nullptr), sql);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement{raw, &sqlite3_finalize};
    const int rc = sqlite3_step(raw);
    if (rc == SQLITE_DONE) {
        return {};
    }
    if (rc != SQLITE_ROW) {
        raise(rc, sql);
    }
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
    return text == nullptr ? std::string{} : std::string{text};
}

std::int64_t connection::wal_bytes(int pages) const noexcept {
    constexpr std::int64_t frame_header_bytes = 24;  // SQLite's file format, 4.1
    return pages * (page_bytes_ + frame_header_bytes);
}

bool connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(handle()) == 0;
}

void connection::check(int rc, std::string_view doing) const {
    if (rc != SQLITE_OK) {
        raise(rc, doing);
    }
}

void connection::raise(int rc, std::string_view doing) const {
    const int extended = (rc & 0xff) == (sqlite3_errcode(handle()) & 0xff) ? sqlite3_extended_errcode(handle()) : rc;
    const int system_error = sqlite3_system_errno(handle());
    const storage_fault fault = fault_of(handle(), extended);
    std::string message = fmt::format("{}: {}", name_, sqlite3_errmsg(handle()));
    if ((extended & 0xff) == SQLITE_IOERR || (extended & 0xff) == SQLITE_CANTOPEN) {
        message += fmt::format(" (code {}{}{})", extended, system_error == 0 ? "" : ", ",
                               system_error == 0 ? "" : std::strerror(system_error));
    }
    if ((extended & 0xff) == SQLITE_CORRUPT) {
        message =
            fmt::format("the database is damaged{}; verify it and restore a backup ({})", table_in(doing), message);
    } else if (fault == storage_fault::full) {
        message = fmt::format("{}: no space left; free some and try again", name_);
    } else if (fault == storage_fault::busy) {
        message = fmt::format("another program holds a lock on {}; find it (fuser {}) and end it", name_, name_);
    } else if (fault == storage_fault::failed) {
        message += fmt::format(" in: {}", doing);
    }
    throw storage_error{fault, message};
}

void connection::interrupt() const noexcept {
    sqlite3_interrupt(handle());
}

}  // namespace valhalla::schema
