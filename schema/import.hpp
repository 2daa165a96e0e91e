// SPDX-License-Identifier: Apache-2.0
//
// Reading the files of the Python program that valhallad replaces, and our own export. Everything is read and checked
// before anything is changed; the first thing that is wrong is named by file, line and key, and nothing of the
// directory is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

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

struct import_plan {
    std::vector<events::imported_state> parts;  ///< split so that each fits a record
    std::vector<events::imported_line> lines;
    std::vector<std::string> files;  ///< that were read
    std::size_t sessions = 0;
};

/// `importer` becomes the operator of sessions that name none. Files of the set may be missing (at least one must be
/// there); anything else in the directory is left alone. A torn last line of the log is a problem like any other.
[[nodiscard]] std::variant<import_plan, import_problem> read_import(const std::filesystem::path& directory,
                                                                    const std::string& importer);

}  // namespace valhalla::schema
