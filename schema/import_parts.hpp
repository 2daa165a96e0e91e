// SPDX-License-Identifier: Apache-2.0
//
// How imported state becomes records: cut into parts that each fit one. Private to the import.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "schema/import_documents.hpp"
#include "schema/model/event.hpp"

namespace valhalla::schema {

/// What was read, before it is cut.
struct imported_files {
    std::optional<located<cone>> cone_now;
    std::optional<thresholds> limits;
    std::optional<std::vector<located_step>> steps;
    std::vector<located<session>> sessions;
};

/// In as few parts as it takes, in order. Throws `import_failure` for a piece that alone is too large.
[[nodiscard]] std::vector<events::imported_state> cut_into_parts(imported_files from, const std::string& source,
                                                                 const std::string& importer);

/// Bytes of the record that `what` becomes, at the most: numbers of any length, whichever way the importer comes in.
[[nodiscard]] std::size_t largest_record(event what, const std::string& importer);

}  // namespace valhalla::schema
