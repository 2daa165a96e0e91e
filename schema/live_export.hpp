// SPDX-License-Identifier: Apache-2.0
//
// An export that is kept fresh in a directory that other programs read. A set takes the place of the one before in one
// step, the rename of the link `current`; the trail's file grows in its place, as a log does.
//
//   DIRECTORY/
//     current -> set-a             the set that is in force
//     set-a/                       the set, as `write_export` makes it; its audit.log is the file below
//     set-b/                       the set before; it stays until the next one is begun
//     go_session.json -> current/go_session.json   and so on, for those who know the files by these names
//     audit.log                    a regular file
//
// After a crash at any point the documents are those of the old set or those of the new one, and audit.log is at least
// as long as their manifest says: its first so many bytes have the digest that stands there.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/document_spool.hpp"
#include "schema/export.hpp"
#include "schema/file_access.hpp"
#include "schema/trail_file.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla::schema {

class live_export {
  public:
    using piece_visitor = std::function<void(std::string_view piece)>;

    struct place {
        std::filesystem::path directory;  ///< must be there, belong to this user, and be writable by nobody else
        file_access access{};             ///< of the files; who may read them may also enter the sets
        std::filesystem::path spool;      ///< where the database is
    };

    explicit live_export(place where);

    /// Writes what `from` has into the next set, and puts it in force. `before_piece` is called before each piece of a
    /// file; what it throws ends the export, and the old set stays in force.
    /// Throws `storage_error` (`full`, `unusable`, `broken`).
    export_summary write(reader& from, const checkpoint_signer& sign, const std::function<void()>& before_piece);
    /// Bytes of the trail's file, as far as they are known.
    [[nodiscard]] std::uint64_t trail_bytes() const noexcept { return trail_.bytes(); }

  private:
    void open_directory();
    [[nodiscard]] std::string current_set() const;
    void refuse_foreign_files() const;
    [[nodiscard]] unique_fd begin_set(const std::string& name) const;
    void remove_set(const std::string& name) const;
    void end_set(int set, const std::string& name, const std::vector<std::string>& documents) const;
    [[nodiscard]] exported_file write_file(int set, std::string_view name,
                                           const std::function<void(const piece_visitor&)>& content) const;
    void link_to(const std::string& target, const std::string& name) const;

    place where_;
    unique_fd directory_;  // holds the lock on the directory
    trail_file trail_;
};

}  // namespace valhalla::schema
