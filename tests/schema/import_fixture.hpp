// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the import read: files that the old program wrote, as they are and spoiled.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/import.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {

/// The old program's directory.
extern const std::filesystem::path seed;

/// All of it at once.
std::variant<schema::import_plan, schema::import_problem> read_import(
    const std::filesystem::path& directory, const std::string& importer,
    std::size_t documents_bytes = schema::limits::import_documents_bytes);
/// Those of its log; once.
std::vector<events::imported_line> lines_of(const schema::import_plan& plan);
/// What is read there; must be good.
schema::import_plan planned(const std::filesystem::path& directory);
/// Must not be good.
schema::import_problem problem_of(const std::filesystem::path& directory);

/// A copy of the old program's directory that can be spoiled.
class old_directory {
  public:
    old_directory();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return dir_.path(); }
    [[nodiscard]] std::string content(const std::string& file) const;
    void put(const std::string& file, std::string_view content) const;
    void replace(const std::string& file, std::string_view from, std::string_view to) const;

  private:
    tests::temporary_directory dir_;
};

}  // namespace valhalla::tests
