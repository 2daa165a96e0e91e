// SPDX-License-Identifier: Apache-2.0
//
// The files that rules come from: one table of mistakes for each, and what each is told as.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/daemon/governor/world.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::governor::testing {

namespace {

constexpr std::string_view small_policy = R"(format = 1
actions = ["run", "scale"]
classes = ["boring", "alpha"]
[bands.A]
boring = ["run", "scale"]
alpha = ["run"]
[bands.B]
boring = ["run"]
alpha = []
[bands.C]
boring = ["run"]
alpha = []
[bands.D]
boring = []
alpha = []
[[engine]]
name = "mill"
class = "boring"
hard_cap_usd = 100
[[engine]]
name = "rocket"
class = "alpha"
)";

constexpr std::string_view small_playbook = R"(format = 1
[[step]]
id = "look"
title = "Look"
why = "To see."
band_min = "D"
blocked_if_red = false
[[step]]
id = "leap"
title = "Leap"
why = "To get there."
band_min = "A"
)";

/// `text` with the first `what` replaced.
std::string with(std::string_view text, std::string_view what, std::string_view by) {
    std::string out{text};
    const auto at = out.find(what);
    BOOST_REQUIRE(at != std::string::npos);
    out.replace(at, what.size(), by);
    return out;
}

struct mistake {
    std::string_view what;
    std::string_view by;
    std::string_view told;  ///< part of the problem's text
};

const std::vector<mistake> policy_mistakes{
    {"format = 1\n", "", "p.toml:1: format: This key is missing."},
    {"format = 1", "format = 2", "p.toml:1: format: Only format 1 is understood."},
    {"format = 1", "format = \"1\"", "p.toml:1: format: Only format 1"},
    {"classes =", "clases =", "p.toml:3: clases: There is no key clases here. Did you mean classes?"},
    {"\"alpha\"]", "\"boring\"]", "p.toml:3: classes[1]: boring is there twice."},
    {"\"scale\"]", "\"Scale\"]", "p.toml:2: actions[1]: A name has 1 to 64 of a-z, 0-9 and _; this is \"Scale\"."},
    {"\"scale\"]", "7]", "p.toml:2: actions[1]: This must be a name in quotes."},
    {R"(["run", "scale"])", "[]", "p.toml:2: actions: This must have 1 to 64 names."},
    {R"(["run", "scale"])", R"("run")", "p.toml:2: actions: This must be a list of names."},
    {"alpha = [\"run\"]", "alpha = [\"rnu\"]", "p.toml:6: bands.A.alpha: There is no action rnu. Did you mean run?"},
    {"alpha = [\"run\"]", R"(alpha = ["run", "run"])", "p.toml:6: bands.A.alpha[1]: run is there twice."},
    {"alpha = [\"run\"]", "alhpa = [\"run\"]", "bands.A.alhpa: There is no class alhpa here. Did you mean alpha?"},
    {"alpha = [\"run\"]\n", "", "p.toml:4: bands.A.alpha: This key is missing."},
    {"[bands.D]\nboring = []\nalpha = []\n", "", "bands.D: This key is missing."},
    {"[bands.D]", "[bands.E]", "bands.E: There is no key E here."},
    {"[bands.D]\nboring = []\nalpha = []\n", "[bands]\nD = 1\n", "bands.D: This must be a table: [bands.D]."},
    {"name = \"rocket\"", "name = \"mill\"", "p.toml:21: engine[1].name: mill is there twice."},
    {"name = \"rocket\"\n", "", "p.toml:20: engine[1].name: This key is missing."},
    {"class = \"alpha\"", "class = \"aplha\"",
     "p.toml:22: engine[1].class: There is no class aplha. Did you mean alpha?"},
    {"class = \"alpha\"", "klass = \"alpha\"",
     "p.toml:22: engine[1].klass: There is no key klass here. Did you mean class?"},
    {"hard_cap_usd = 100", "hard_cap_usd = -1", "p.toml:19: engine[0].hard_cap_usd: This must be a number above 0"},
    {"hard_cap_usd = 100", "hard_cap_usd = inf", "engine[0].hard_cap_usd: This must be a number above 0"},
    {"hard_cap_usd = 100", "hard_cap_usd = \"100\"", "engine[0].hard_cap_usd: This must be a number above 0"},
    {"hard_cap_usd = 100", "year1_allowed = 1", "engine[0].year1_allowed: This must be true or false."},
    {"name = \"mill\"", "name = \"\"", "engine[0].name: This must have 1 to 64 bytes."},
    {"name = \"mill\"", "name = 3", "engine[0].name: This must be a text in quotes."},
    {"name = \"mill\"", "name = \"mill\"\nname = \"mall\"", "p.toml:18: This is not valid TOML: "},
    {"format = 1", "format = ", "p.toml:1: This is not valid TOML: "},
    {"\"mill\"", "\"\xff\"", "p.toml:17: This is not valid TOML: "},
};

const std::vector<mistake> playbook_mistakes{
    {"format = 1\n", "", "p.toml:1: format: This key is missing."},
    {"[[step]]\nid = \"look\"", "[[steps]]\nid = \"look\"", "There is no key steps here. Did you mean step?"},
    {"id = \"leap\"", "id = \"look\"", "p.toml:9: step[1].id: look is there twice."},
    {"id = \"leap\"", "id = \"big leap\"", "p.toml:9: step[1].id: A name has"},
    {"band_min = \"A\"", "band_min = \"E\"",
     R"(p.toml:12: step[1].band_min: This must be a band: "A", "B", "C" or "D".)"},
    {"band_min = \"A\"\n", "", "p.toml:8: step[1].band_min: This key is missing."},
    {"title = \"Leap\"\n", "", "step[1].title: This key is missing."},
    {"why = \"To see.\"", "wyh = \"To see.\"", "p.toml:5: step[0].wyh: There is no key wyh here. Did you mean why?"},
    {"blocked_if_red = false", "blocked_if_red = \"no\"", "step[0].blocked_if_red: This must be true or false."},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rules_files)

BOOST_AUTO_TEST_CASE(a_sound_policy_is_read) {
    const auto read = parse_canon(small_policy, "p.toml");
    BOOST_REQUIRE(std::holds_alternative<std::shared_ptr<const canon>>(read));
    const canon& c = *std::get<std::shared_ptr<const canon>>(read);
    BOOST_TEST(c.source == "p.toml");
    BOOST_TEST(c.sha256.size() == 64);
    BOOST_TEST(*c.engines.at(0).hard_cap_usd == 100.0);
    BOOST_TEST(!c.engines.at(1).year1_allowed);
    BOOST_TEST(std::get<verdict>(judge(c, band::expansion, "mill", "scale")).what->said().allowed);
    BOOST_TEST(!std::get<verdict>(judge(c, band::survival, "mill", "run")).what->said().allowed);
}

BOOST_AUTO_TEST_CASE(each_mistake_in_a_policy_is_told_with_line_and_key) {
    for (const mistake& one : policy_mistakes) {
        const auto read = parse_canon(with(small_policy, one.what, one.by), "p.toml");
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<file_problem>(read), one.told);
        const std::string told = std::get<file_problem>(read).text();
        BOOST_TEST(contains(told, one.told), told << " instead of " << one.told);
    }
}

BOOST_AUTO_TEST_CASE(a_sound_playbook_is_read) {
    const auto read = parse_playbook(small_playbook, "p.toml");
    BOOST_REQUIRE(std::holds_alternative<std::shared_ptr<const playbook>>(read));
    const playbook& book = *std::get<std::shared_ptr<const playbook>>(read);
    BOOST_REQUIRE(book.steps.size() == 2);
    BOOST_TEST(!book.steps[0].blocked_if_red);
    BOOST_TEST(book.steps[1].blocked_if_red);
    BOOST_TEST(book.steps[1].band_min == band::expansion);
}

BOOST_AUTO_TEST_CASE(each_mistake_in_a_playbook_is_told_with_line_and_key) {
    for (const mistake& one : playbook_mistakes) {
        const auto read = parse_playbook(with(small_playbook, one.what, one.by), "p.toml");
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<file_problem>(read), one.told);
        const std::string told = std::get<file_problem>(read).text();
        BOOST_TEST(contains(told, one.told), told << " instead of " << one.told);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_a_mistake) {
    BOOST_TEST(std::holds_alternative<file_problem>(parse_canon("", "p.toml")));
    BOOST_TEST(std::holds_alternative<file_problem>(parse_playbook("", "p.toml")));
}

BOOST_AUTO_TEST_CASE(files_are_read_from_disk_and_named) {
    const tests::temporary_directory dir;
    const auto policy = load_canon(dir.write("policy.toml", small_policy));
    BOOST_TEST(std::get<std::shared_ptr<const canon>>(policy)->source == (dir.path() / "policy.toml").string());
    const auto book = load_playbook(dir.write("playbook.toml", small_playbook));
    BOOST_TEST(std::get<std::shared_ptr<const playbook>>(book)->steps.size() == 2);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_told) {
    const tests::temporary_directory dir;
    BOOST_TEST(contains(std::get<file_problem>(load_canon(dir.path() / "none.toml")).text(), "does not exist"));
    BOOST_TEST(contains(std::get<file_problem>(load_playbook(dir.path())).text(), "not a regular file"));
    const auto huge = dir.write("huge.toml", std::string(1024 * 1024 + 1, '#'));
    BOOST_TEST(contains(std::get<file_problem>(load_canon(huge)).text(), "larger than 1048576 bytes"));
}

BOOST_AUTO_TEST_CASE(what_is_built_in_is_the_file_that_is_shipped) {
    const auto shipped = load_canon(SOURCE_DIR "/packaging/policy.toml");
    BOOST_TEST(std::get<std::shared_ptr<const canon>>(shipped)->sha256 == built_in_canon()->sha256);
    const auto book = load_playbook(SOURCE_DIR "/packaging/playbook.toml");
    BOOST_TEST(std::get<std::shared_ptr<const playbook>>(book)->sha256 == built_in_playbook()->sha256);
    BOOST_TEST(built_in_canon()->source == "built-in");
    BOOST_TEST(built_in_playbook()->source == "built-in");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
