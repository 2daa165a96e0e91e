// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/toml_shape.hpp"

#include <fstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/config_file.hpp"
#include "daemon/policy_file.hpp"
#include "tests/temporary_directory.hpp"

namespace {

using valhalla::service::max_key_parts;
using valhalla::service::max_open_brackets;
using valhalla::service::problem_with_shape;

std::string times(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t n = 0; n < count; ++n) {
        all += text;
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(toml_shape_suite)

BOOST_AUTO_TEST_CASE(what_people_write_is_good) {
    for (const auto& text : std::vector<std::string>{
             "", "a = 1\n", "a.b.c = 1.5\n[x.y]\nz = [1, 2.25, [3]]\n", "# " + times(".[{", 100) + "\nb = 1",
             "a = \"" + times(".[", 100) + "\"\n", "a = '" + times(".{", 100) + "'\n",
             "a = \"\"\"" + times(".[\n\"", 100) + "\"\"\"\n", "a = '''" + times(".[\n'", 100) + "'''\n",
             std::string{R"(a = "\"\\" # ")"} + times(".", 100), "t = 2026-01-05T08:00:00.123456Z\n",
             times("[a]\n", 1'000), times("a = {b = 1}\n", 1'000), "a = \"never ends" + times(".", 100),
             "a = 'never ends" + times(".", 100)}) {
        BOOST_TEST(!problem_with_shape(text).has_value(), text);
    }
    BOOST_TEST(!problem_with_shape(times("a.", max_key_parts - 1) + "a = 1").has_value());
    BOOST_TEST(!problem_with_shape("a = " + times("[", max_open_brackets) + times("]", max_open_brackets)).has_value());
}

BOOST_AUTO_TEST_CASE(what_goes_too_deep_is_told_with_its_line_and_key) {
    for (const auto& deep : std::vector<std::string>{
             times("a.", max_key_parts) + "a = 1", times("a.", 200'000) + "a = 1",
             "[" + times("a.", max_key_parts) + "a]", "[[" + times("a.", 99) + "a]]",
             "x = {" + times("a.", 99) + "a = 1}", times("\"a\".", 99) + "a = 1",
             "x = " + times("[", max_open_brackets + 1), "x = " + times("{a=", 99), std::string{"x\0y = 1", 7}}) {
        const auto found = problem_with_shape("good = 1\n\n" + deep + "\n");
        BOOST_TEST_REQUIRE(found.has_value(), deep.substr(0, 100));
        BOOST_TEST(found->line == 3);
        BOOST_TEST(found->key.size() <= 40U);
        BOOST_TEST(!found->text.empty());
    }
    BOOST_TEST(problem_with_shape("a = '''\n\n'''\n" + times("b.", 99)).value().line == 4);
    BOOST_TEST(problem_with_shape(times("b.", 99)).value().key.starts_with("b.b."));
}

BOOST_AUTO_TEST_CASE(every_reader_of_files_refuses_it) {
    const valhalla::tests::temporary_directory home;
    const auto file = home.path() / "deep.toml";
    std::ofstream{file} << "# a comment\na" << times(".a", 200'000) << " = 1\n";
    valhalla::config c;
    const auto problem = valhalla::apply_config_file(file, c);
    BOOST_TEST_REQUIRE(problem.has_value());
    BOOST_TEST(problem->find("deep.toml:2: ") != std::string::npos, *problem);
    const auto policy = valhalla::load_canon(file);
    const auto* refused = std::get_if<valhalla::file_problem>(&policy);
    BOOST_TEST_REQUIRE(refused != nullptr);
    BOOST_TEST(refused->line == 2);
}

BOOST_AUTO_TEST_SUITE_END()
