// SPDX-License-Identifier: Apache-2.0
//
// A prepared statement as a member of a store: its SQL is its initialiser, it is prepared once, and it is used through
// a guard that resets it, so that no statement stays open and holds a read transaction.
//
//   statement by_id_{db_, "SELECT name FROM thing WHERE id = ?1"};
//   auto row = by_id_.use(id);
//   if (row.step()) { … row.text(0) … }
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <sqlite3.h>

#include "schema/connection.hpp"

namespace valhalla::schema {

/// Text for which the empty one stands for absence: bound as NULL.
struct text_or_null {
    std::string_view text;
};

class statement {
  public:
    class use_guard;

    statement(const connection& db, std::string_view sql);
    ~statement() { sqlite3_finalize(handle_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    /// Binds the parameters from ?1 on, without copying: text and blobs must outlive the guard.
    template <class... Args>
    [[nodiscard]] use_guard use(Args&&... args);
    /// Binds, runs to the end, resets. For statements that give no rows. Returns the number of rows changed.
    template <class... Args>
    std::int64_t run(Args&&... args);

  private:
    void bind(int at, std::int64_t v) { check(sqlite3_bind_int64(handle_, at, v)); }
    void bind(int at, double v) { check(sqlite3_bind_double(handle_, at, v)); }
    void bind(int at, std::nullopt_t /*none*/) { check(sqlite3_bind_null(handle_, at)); }
    void bind(int at, std::string_view v) {
        check(sqlite3_bind_text64(handle_, at, v.data() == nullptr ? "" : v.data(), v.size(), SQLITE_STATIC,
                                  SQLITE_UTF8));
    }
    void bind(int at, text_or_null v) {
        if (v.text.empty()) {
            bind(at, std::nullopt);
        } else {
            bind(at, v.text);
        }
    }
    void bind(int at, std::span<const std::byte> v) {
        check(sqlite3_bind_blob64(handle_, at, v.data(), v.size(), SQLITE_STATIC));
    }
    template <class T>
    void bind(int at, const std::optional<T>& v) {
        if (v) {
            bind_any(at, *v);
        } else {
            bind(at, std::nullopt);
        }
    }
    template <class T>
    void bind_any(int at, const T& v) {
        if constexpr (std::is_enum_v<T> || std::integral<T>) {
            bind(at, static_cast<std::int64_t>(v));
        } else if constexpr (std::convertible_to<const T&, std::string_view>) {
            bind(at, std::string_view{v});
        } else {
            bind(at, v);
        }
    }
    template <class... Args>
    void bind_all(const Args&... args) {
        [&]<std::size_t... Place>(std::index_sequence<Place...> /*all*/) {
            (bind_any(static_cast<int>(Place) + 1, args), ...);
        }(std::index_sequence_for<Args...>{});
    }
    void check(int rc) const {
        if (rc != SQLITE_OK) {
            fail(rc);
        }
    }
    [[noreturn]] void fail(int rc) const;

    const connection& db_;
    sqlite3_stmt* handle_ = nullptr;
};

/// A column of the present row, looked up once for all that is asked of it: for rows by the million.
class cell {
  public:
    explicit cell(sqlite3_value* value) noexcept : value_{value} {}

    [[nodiscard]] int type() const { return sqlite3_value_type(value_); }
    [[nodiscard]] std::int64_t integer() const { return sqlite3_value_int64(value_); }
    /// Text or blob, as its bytes.
    [[nodiscard]] std::string_view text() const {
        const void* bytes = sqlite3_value_blob(value_);
        return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_value_bytes(value_))};
    }

  private:
    sqlite3_value* value_;
};

/// One use of a statement. Views of columns live until the next `step`.
class statement::use_guard {
  public:
    explicit use_guard(statement& s) noexcept : s_{s} {}
    ~use_guard() { sqlite3_reset(s_.handle_); }
    use_guard(const use_guard&) = delete;
    use_guard& operator=(const use_guard&) = delete;

    /// False when there are no more rows.
    bool step() {
        const int rc = sqlite3_step(s_.handle_);
        if (rc == SQLITE_ROW) {
            return true;
        }
        if (rc != SQLITE_DONE) {
            s_.fail(rc);
        }
        return false;
    }

    [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(s_.handle_, column) == SQLITE_NULL; }
    [[nodiscard]] int type(int column) const { return sqlite3_column_type(s_.handle_, column); }
    [[nodiscard]] cell at(int column) const { return cell{sqlite3_column_value(s_.handle_, column)}; }
    [[nodiscard]] int columns() const { return sqlite3_column_count(s_.handle_); }
    [[nodiscard]] std::string_view column_name(int column) const { return sqlite3_column_name(s_.handle_, column); }
    [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(s_.handle_, column); }
    [[nodiscard]] double real(int column) const { return sqlite3_column_double(s_.handle_, column); }
    /// Text or blob, as its bytes.
    [[nodiscard]] std::string_view text(int column) const {
        const void* bytes = sqlite3_column_blob(s_.handle_, column);
        return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(s_.handle_, column))};
    }
    [[nodiscard]] std::span<const std::byte> blob(int column) const {
        const void* bytes = sqlite3_column_blob(s_.handle_, column);
        return {static_cast<const std::byte*>(bytes),
                static_cast<std::size_t>(sqlite3_column_bytes(s_.handle_, column))};
    }
    [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const {
        return is_null(column) ? std::nullopt : std::optional{integer(column)};
    }
    [[nodiscard]] std::optional<std::string> maybe_text(int column) const {
        return is_null(column) ? std::nullopt : std::optional{std::string{text(column)}};
    }

  private:
    statement& s_;
};

template <class... Args>
statement::use_guard statement::use(Args&&... args) {
    static_assert((!(std::is_same_v<Args, std::string> || std::is_same_v<Args, std::optional<std::string>>) && ...),
                  "a temporary string would not outlive the guard");
    bind_all(args...);
    return use_guard{*this};
}

template <class... Args>
std::int64_t statement::run(Args&&... args) {
    bind_all(args...);
    use_guard guard{*this};
    while (guard.step()) {
    }
    return sqlite3_changes64(db_.handle());
}

/// A read transaction for a scope, unless one is open already.
class read_transaction {
  public:
    read_transaction(const connection& db, statement& begin, statement& commit);
    ~read_transaction();
    read_transaction(const read_transaction&) = delete;
    read_transaction& operator=(const read_transaction&) = delete;

  private:
    statement* commit_ = nullptr;
};

}  // namespace valhalla::schema
