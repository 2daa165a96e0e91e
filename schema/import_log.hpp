// SPDX-License-Identifier: Apache-2.0
//
// The lines of an imported audit log: of the program before, or of our own export. Private to the import.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/model/event.hpp"

namespace valhalla::schema {

/// Every line of `text`, in order. Throws `import_failure`, also for a last line that is torn, and for one that would
/// not fit a record of `importer`.
[[nodiscard]] std::vector<events::imported_line> read_audit_log(std::string_view text, const std::string& importer);

}  // namespace valhalla::schema
