// SPDX-License-Identifier: Apache-2.0
//
// Reading the files of the Python program that valhallad replaces, and our own export. Everything is read and checked
// before anything is changed; the first thing that is wrong is named by file, line and key, and nothing of the
// directory is used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "schema/limits.hpp"
#include "schema/model/event.hpp"

namespace valhalla::schema {

struct import_problem {
    std::string file;       ///< name inside the directory; empty when it is the directory itself
    std::int64_t line = 0;  ///< counted from 1; 0 when no line is to blame
    std::string key;        ///< path of the member, e.g. `session.snapshot.cone.band`; may be empty
    std::string message;    ///< a sentence: what is wrong and what would be right

    /// `go_session.json:3: session.cone_band: …`.
    [[nodiscard]] std::string text() const;
};

class imported_log;

struct import_plan {
    std::vector<events::imported_state> parts;  ///< split so that each fits a record
    std::size_t sessions = 0;
    std::size_t lines = 0;
    std::shared_ptr<imported_log> log;  ///< at its beginning; null where there is none
    std::vector<std::string> files;     ///< that were read
};

/// The next lines of the log in order, some milliseconds of work; none at the end. They were good when the log was
/// read first, so a problem is one of the disk, or of somebody who changed the file.
[[nodiscard]] std::variant<std::vector<events::imported_line>, import_problem> next_lines(imported_log& from);

/// Reads and checks a directory in steps. What is kept of it is its documents; the log stays in its file, which may be
/// removed meanwhile.
class import_reading {
  public:
    /// `importer` becomes the operator of sessions that name none. Files of the set may be missing (at least one must
    /// be there); anything else in the directory is left alone. A torn last line of the log is a problem like any
    /// other. The documents have `documents_bytes` together at the most.
    import_reading(std::filesystem::path directory, std::string importer,
                   std::size_t documents_bytes = limits::import_documents_bytes);
    ~import_reading();
    import_reading(const import_reading&) = delete;
    import_reading& operator=(const import_reading&) = delete;

    /// Reads on, for about so long, or all of the documents; true when it is done, and then to be called no more.
    [[nodiscard]] bool advance(std::chrono::milliseconds time);
    /// When it is done; once.
    [[nodiscard]] std::variant<import_plan, import_problem> take();

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace valhalla::schema
