// SPDX-License-Identifier: Apache-2.0
//
// Whether a database file is what SQLite takes it for: every page belongs to one tree or to the list of free pages,
// and to nothing else; the rows of each tree are in order, under separators that lead to them; every index says what
// its table says. Until this is known no other check of a file means anything: a full scan does not see a row that
// every search misses, and a tree whose pages point to each other has no end. The one place for it: verification,
// backup, restore and the start of the daemon ask here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/connection.hpp"

namespace valhalla::schema {

struct damage {
    std::string table;    ///< empty when the pages that are wrong belong to none
    std::string message;  ///< a sentence
};

enum class thoroughness : std::uint8_t {
    structure,  ///< pages, trees and rows, without holding indexes against tables: reads every page once or twice
    full
};

/// Nothing when the file is sound. `db` is an evidence connection. One read transaction, or the caller's. Takes time in
/// proportion to the size of the file, whatever lies in it. Throws `storage_error` for a disk that does not answer.
[[nodiscard]] std::optional<damage> find_damage(const connection& db, thoroughness how);

struct hurried_check {
    std::optional<damage> found;
    bool complete = false;  ///< false: the time was over first, and nothing was found until then
};
/// The same for as long as `allowance`, and until `stop` becomes true, if there is one. Works on a connection of its
/// own, which is broken off within some 50 ms after that.
[[nodiscard]] hurried_check find_damage_within(const std::filesystem::path& database, thoroughness how,
                                               std::chrono::milliseconds allowance,
                                               const std::atomic<bool>* stop = nullptr);

}  // namespace valhalla::schema
