// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/import_fixture.hpp"

#include <utility>
#include <variant>

#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"

namespace valhalla::tests {

const std::filesystem::path seed = std::filesystem::path{TEST_DATA_DIR} / "seed-data";

schema::import_plan planned(const std::filesystem::path& directory) {
    auto result = schema::read_import(directory, "importer");
    const auto* problem = std::get_if<schema::import_problem>(&result);
    BOOST_REQUIRE_MESSAGE(problem == nullptr, (problem != nullptr ? problem->text() : std::string{}));
    return std::get<schema::import_plan>(std::move(result));
}

schema::import_problem problem_of(const std::filesystem::path& directory) {
    auto result = schema::read_import(directory, "importer");
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<schema::import_problem>(result), "was accepted");
    return std::get<schema::import_problem>(std::move(result));
}

old_directory::old_directory() {
    for (const auto& entry : std::filesystem::directory_iterator{seed}) {
        std::filesystem::copy_file(entry.path(), dir_.path() / entry.path().filename());
    }
}

std::string old_directory::content(const std::string& file) const {
    return content_of(path() / file);
}

void old_directory::put(const std::string& file, std::string_view content) const {
    put_content(path() / file, content);
}

void old_directory::replace(const std::string& file, std::string_view from, std::string_view to) const {
    auto text = content(file);
    const auto at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << from << " in " << file);
    put(file, text.replace(at, from.size(), to));
}

}  // namespace valhalla::tests
