// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/import_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <variant>

#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"

namespace valhalla::tests {

const std::filesystem::path seed = std::filesystem::path{TEST_DATA_DIR} / "seed-data";

std::variant<schema::import_plan, schema::import_problem> read_import(const std::filesystem::path& directory,
                                                                      const std::string& importer,
                                                                      std::size_t documents_bytes) {
    schema::import_reading reading{directory, importer, documents_bytes};
    while (!reading.advance(std::chrono::milliseconds{0})) {
    }
    return reading.take();
}

std::vector<events::imported_line> lines_of(const schema::import_plan& plan) {
    std::vector<events::imported_line> all;
    while (plan.log) {
        auto piece = schema::next_lines(*plan.log);
        const auto* problem = std::get_if<schema::import_problem>(&piece);
        BOOST_REQUIRE_MESSAGE(problem == nullptr, (problem != nullptr ? problem->text() : std::string{}));
        auto& lines = std::get<std::vector<events::imported_line>>(piece);
        if (lines.empty()) {
            break;
        }
        std::ranges::move(lines, std::back_inserter(all));
    }
    BOOST_TEST(all.size() == plan.lines);
    return all;
}

schema::import_plan planned(const std::filesystem::path& directory) {
    auto result = read_import(directory, "importer");
    const auto* problem = std::get_if<schema::import_problem>(&result);
    BOOST_REQUIRE_MESSAGE(problem == nullptr, (problem != nullptr ? problem->text() : std::string{}));
    return std::get<schema::import_plan>(std::move(result));
}

schema::import_problem problem_of(const std::filesystem::path& directory) {
    auto result = read_import(directory, "importer");
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
