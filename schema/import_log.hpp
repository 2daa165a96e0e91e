// SPDX-License-Identifier: Apache-2.0
//
// The lines of an imported audit log: of the program before, or of our own export. They are read from the file a piece
// at a time, as often as wanted, so that a log of any length takes the memory of one piece. Private to the import.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/import_directory.hpp"
#include "schema/model/event.hpp"
#include "schema/model/json_value.hpp"
#include "schema/proof/sha256_stream.hpp"

namespace valhalla::schema {

class imported_log {
  public:
    /// What was added to the file since it was opened is not read.
    imported_log(import_directory::file file, std::string importer);

    /// The next lines in order, in as many bytes of the file as `limits::import_piece_bytes`; none at the end. Throws
    /// `import_failure`, also for a last line that is torn, and for one that would not fit a record of the importer.
    [[nodiscard]] std::vector<events::imported_line> next();
    /// Begins anew.
    void rewind();
    /// Of the file, when all of it was read.
    [[nodiscard]] hash256 sha256() const { return hash_.so_far(); }

  private:
    /// Reads on in the file; false when there is no more of it.
    bool fill();
    [[nodiscard]] events::imported_line read(std::string_view line);

    import_directory::file file_;
    std::string importer_;
    std::size_t wrapping_;  // what a record adds to its line
    json_document document_;
    sha256_stream hash_;
    std::string buffer_;
    std::size_t parsed_ = 0;   // bytes of `buffer_`
    std::size_t fetched_ = 0;  // bytes of the file
    std::int64_t line_ = 1;
};

}  // namespace valhalla::schema
