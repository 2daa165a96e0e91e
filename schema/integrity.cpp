// SPDX-License-Identifier: Apache-2.0
#include "schema/integrity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/base/printable.hpp"
#include "schema/statement.hpp"

namespace valhalla::schema {

namespace {

/// SQLite names a database first, on a line of its own, and then what it found.
std::string_view last_line_of(std::string_view text) {
    text = text.substr(0, text.find_last_not_of('\n') + 1);
    return text.substr(text.find_last_of('\n') + 1);
}

bool part_of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// One look at a whole file.
class file_check {
  public:
    explicit file_check(const connection& db) : db_{db} {}

    std::optional<damage> run(thoroughness how) {
        try {
            if (!can_be_written()) {
                return damage_here("its header names a format that cannot be written");
            }
            if (!read_names()) {
                return damage_here("its rows are out of order");
            }
            if (auto found = follow_pages()) {
                return found;
            }
            return ask_sqlite(how == thoroughness::full ? full_ : structure_);
        } catch (const storage_error& e) {
            const int code = sqlite3_errcode(db_.handle()) & 0xff;
            if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB) {
                throw;
            }
            return damage_here(at_.empty() ? e.what() : "its pages make no tree that can be followed");
        }
    }

  private:
    /// Two bytes of the header say who may write the file and who may read it. SQLite reads one that nobody may write,
    /// and a daemon would find out at its first record.
    [[nodiscard]] bool can_be_written() const {
        constexpr sqlite3_int64 at = 18;
        constexpr unsigned char newest_format = 2;
        std::array<unsigned char, 2> formats{};
        sqlite3_file* file = nullptr;
        if (sqlite3_file_control(db_.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
            file == nullptr || file->pMethods == nullptr ||
            file->pMethods->xRead(file, formats.data(), static_cast<int>(formats.size()), at) != SQLITE_OK) {
            return true;  // an empty file, or a disk that does not answer: others will tell
        }
        return std::ranges::all_of(formats, [](auto one) { return one >= 1 && one <= newest_format; });
    }

    /// Which table each tree belongs to: its own, or an index's.
    bool read_names() {
        at_ = "sqlite_schema";
        tables_.emplace("sqlite_schema", "sqlite_schema");
        std::int64_t last = 0;
        auto row = objects_.use();
        while (row.step()) {
            if (row.integer(2) <= std::exchange(last, row.integer(2))) {
                return false;  // and perhaps without an end
            }
            tables_.emplace(row.text(0), row.text(1));
        }
        return true;
    }

    /// Every page of every tree, before SQLite checks them: it follows them by recursion, which a chain of pages would
    /// make as deep as the file is long.
    std::optional<damage> follow_pages() {
        const std::int64_t count = page_count();
        owners_.assign(static_cast<std::size_t>(count) + 1, no_owner);
        for (const auto& [tree, table] : tables_) {
            at_ = table;
            if (auto found = follow_tree(tree, count)) {
                return found;
            }
        }
        at_.clear();
        return std::nullopt;
    }

    std::optional<damage> follow_tree(const std::string& tree, std::int64_t count) {
        auto row = pages_.use(std::string_view{tree});
        while (row.step()) {
            const auto page = row.integer(0);
            if (page < 1 || page > count) {
                return damage_here(fmt::format("it has a page {}, and the file has {}", page, count));
            }
            auto& owner = owners_[static_cast<std::size_t>(page)];
            if (owner != no_owner) {
                return damage_here(fmt::format("page {} of it is one of {} already", page, owner_names_[owner]));
            }
            owner = number_of(at_);
        }
        return std::nullopt;
    }

    [[nodiscard]] damage damage_here(std::string_view what) const {
        return {.table = at_, .message = sentence(at_, what)};
    }

    std::int64_t page_count() {
        auto row = page_count_.use();
        return row.step() ? std::clamp<std::int64_t>(row.integer(0), 0, max_pages) : 0;
    }

    std::uint16_t number_of(const std::string& table) {
        if (owner_names_.empty() || owner_names_.back() != table) {
            owner_names_.push_back(table);  // one for each tree, for they come tree by tree
        }
        return static_cast<std::uint16_t>(owner_names_.size() - 1);
    }

    std::optional<damage> ask_sqlite(statement& check) {
        auto row = check.use();
        if (!row.step()) {
            return damage{.table = {}, .message = sentence({}, "SQLite's check ends without a verdict")};
        }
        const auto said = last_line_of(row.text(0));
        if (said == "ok") {
            return std::nullopt;
        }
        auto table = blamed_by(said);
        auto message = sentence(table, said);
        return damage{.table = std::move(table), .message = std::move(message)};
    }

    /// The sentence names a table or an index; else a page, whose owner is known.
    [[nodiscard]] std::string blamed_by(std::string_view said) const {
        for (std::size_t at = 0; at < said.size();) {
            std::size_t end = at;
            while (end < said.size() && part_of_name(said[end])) {
                ++end;
            }
            if (const auto found = tables_.find(said.substr(at, end - at)); found != tables_.end()) {
                return found->second;
            }
            at = end + 1;
        }
        for (const std::string_view before : {"reference to page ", "tree page ", "page ", "Page "}) {
            if (const auto at = said.find(before); at != std::string_view::npos) {
                const auto digits = said.substr(at + before.size());
                std::size_t page = 0;
                std::from_chars(digits.data(), digits.data() + digits.size(), page);
                if (page < owners_.size() && owners_[page] != no_owner) {
                    return owner_names_[owners_[page]];
                }
            }
        }
        return {};
    }

    static std::string sentence(std::string_view table, std::string_view what) {
        const auto said = table.empty() ? fmt::format("the file is not sound: {}", what)
                                        : fmt::format("table {} is not sound: {}", table, what);
        return printable(said);  // it quotes names out of a file that anybody may have written
    }

    static constexpr std::uint16_t no_owner = 0xffff;
    static constexpr std::int64_t max_pages = 0xfffffffe;  // SQLite's own bound

    const connection& db_;
    statement objects_{db_, "SELECT name, tbl_name, rowid FROM sqlite_schema WHERE rootpage > 0"};
    statement page_count_{db_, "PRAGMA page_count"};
    statement pages_{db_, "SELECT pageno FROM dbstat WHERE name = ?1"};
    statement structure_{db_, "PRAGMA quick_check(1)"};
    statement full_{db_, "PRAGMA integrity_check(1)"};
    std::map<std::string, std::string, std::less<>> tables_;  ///< of each tree
    std::vector<std::uint16_t> owners_;                       ///< by page number, into `owner_names_`
    std::vector<std::string> owner_names_;
    std::string at_;  ///< the table whose pages are being read
};

/// Breaks off what a connection does when the time is over or `stop` becomes true.
class deadline {
  public:
    deadline(const connection& db, std::chrono::milliseconds allowance, const std::atomic<bool>* stop)
        : end_{std::chrono::steady_clock::now() + allowance}, stop_{stop}, thread_{[this, handle = db.handle()] {
              // Again and again: what falls between two statements interrupts none.
              std::unique_lock lock{mutex_};
              for (auto wake = next_look(); !wake_.wait_until(lock, wake, [this] { return done_; });
                   wake = next_look()) {
                  if (passed()) {
                      sqlite3_interrupt(handle);
                  }
              }
          }} {}
    ~deadline() {
        {
            const std::lock_guard lock{mutex_};
            done_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

    [[nodiscard]] bool passed() const {
        return std::chrono::steady_clock::now() >= end_ || (stop_ != nullptr && stop_->load());
    }

  private:
    using moment = std::chrono::steady_clock::time_point;

    [[nodiscard]] moment next_look() const {
        constexpr std::chrono::milliseconds between_looks{50};
        const moment soon = std::chrono::steady_clock::now() + between_looks;
        return passed() ? soon : std::min(end_, soon);
    }

    const moment end_;
    const std::atomic<bool>* const stop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace

std::optional<damage> find_damage(const connection& db, thoroughness how) {
    return file_check{db}.run(how);
}

hurried_check find_damage_within(const std::filesystem::path& database, thoroughness how,
                                 std::chrono::milliseconds allowance, const std::atomic<bool>* stop) {
    const connection db = connection::open_evidence(database);
    const deadline until{db, allowance, stop};
    try {
        auto found = find_damage(db, how);
        // What a check says that was broken off is of no worth: pages that it had not reached count as lost.
        return until.passed() ? hurried_check{} : hurried_check{.found = std::move(found), .complete = true};
    } catch (const storage_error&) {
        if (until.passed()) {
            return {};
        }
        throw;
    }
}

}  // namespace valhalla::schema
