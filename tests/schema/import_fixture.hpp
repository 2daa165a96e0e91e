// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the import read: files that the old program wrote, as they are and spoiled.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/test/unit_test.hpp>

#include "schema/import.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {

inline const std::filesystem::path seed = std::filesystem::path{TEST_DATA_DIR} / "seed-data";

inline schema::import_plan planned(const std::filesystem::path& directory) {
    auto result = schema::read_import(directory, "importer");
    const auto* problem = std::get_if<schema::import_problem>(&result);
    BOOST_REQUIRE_MESSAGE(problem == nullptr, (problem != nullptr ? problem->text() : std::string{}));
    return std::get<schema::import_plan>(std::move(result));
}

inline schema::import_problem problem_of(const std::filesystem::path& directory) {
    auto result = schema::read_import(directory, "importer");
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<schema::import_problem>(result), "was accepted");
    return std::get<schema::import_problem>(std::move(result));
}

/// A copy of the old program's directory that can be spoiled.
class old_directory {
  public:
    old_directory() {
        for (const auto& entry : std::filesystem::directory_iterator{seed}) {
            std::filesystem::copy_file(entry.path(), dir_.path() / entry.path().filename());
        }
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return dir_.path(); }
    [[nodiscard]] std::string content(const std::string& file) const { return content_of(path() / file); }
    void put(const std::string& file, std::string_view content) const { put_content(path() / file, content); }
    void replace(const std::string& file, std::string_view from, std::string_view to) const {
        auto text = content(file);
        const auto at = text.find(from);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << from << " in " << file);
        put(file, text.replace(at, from.size(), to));
    }

  private:
    test::temporary_directory dir_;
};

}  // namespace valhalla::tests
