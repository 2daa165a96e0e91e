// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

namespace json = boost::json;

json::value facts() {
    std::ifstream in{TEST_DATA_DIR "/canon.json"};
    return json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::string text(const json::value& v) {
    return std::string{v.as_string()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decisions)

BOOST_AUTO_TEST_CASE(all_recorded_decisions_come_out_equal) {
    const json::value data = facts();
    const json::array& expected = data.at("decisions").as_array();
    BOOST_REQUIRE(expected.size() == 228);
    world w;
    for (const json::value& one : expected) {
        const band b = parse_band(text(one.at("band"))).value();
        if (w.s.current_cone->in_force != b) {
            w.set_band(b);
        }
        const auto got =
            w.answer_of<answers::decision>(commands::decide{text(one.at("engine")), text(one.at("action"))});
        const judged& said = got.what.what->said();
        BOOST_TEST(said.allowed == one.at("allowed").as_bool(), said.rule << ": " << said.reason);
        BOOST_TEST(said.in_band == b);
        BOOST_TEST(said.policy == w.s.rules->sha256.substr(0, 16));
    }
}

BOOST_AUTO_TEST_CASE(the_built_in_canon_has_the_known_engines) {
    const json::value data = facts();
    const auto canon = built_in_canon();
    const json::array& engines = data.at("engines").as_array();
    BOOST_REQUIRE(canon->engines.size() == engines.size());
    for (std::size_t i = 0; i < engines.size(); ++i) {
        const engine& e = canon->engines[i];
        BOOST_TEST(e.name == text(engines[i].at("name")));
        BOOST_TEST(e.klass == text(engines[i].at("class")));
        BOOST_TEST(e.allow_optimization == engines[i].at("allow_optimization").as_bool());
        BOOST_TEST(e.year1_allowed == engines[i].at("year1_allowed").as_bool());
        const json::value& cap = engines[i].at("hard_cap_usd");
        BOOST_TEST(e.hard_cap_usd.has_value() == !cap.is_null());
        BOOST_TEST((!e.hard_cap_usd || *e.hard_cap_usd == cap.as_double()));
    }
    BOOST_TEST(world{}.s.current_cone->in_force == parse_band(text(data.at("default_cone").at("band"))).value());
}

BOOST_AUTO_TEST_CASE(a_decision_is_recorded_with_its_rule_and_policy) {
    world w;
    const auto id = w.s.next_seq;
    const auto got = w.answer_of<answers::decision>(commands::decide{"wholesaling", "scale"});
    BOOST_TEST(got.id == id);
    BOOST_TEST(!got.what.what->said().allowed);
    const auto& recorded = w.newest<events::decided>().what->said();
    BOOST_TEST(!recorded.allowed);
    BOOST_TEST(recorded.rule == "B/alpha/scale");
    BOOST_TEST(recorded.policy == w.s.rules->sha256.substr(0, 16));
    BOOST_TEST(recorded.reason ==
               "In band B (caution) engines of class alpha may not scale; the nearest band that allows it is A "
               "(expansion).");
    BOOST_TEST(event_name(w.trail.back().what) == "CONE_DENY");
}

BOOST_AUTO_TEST_CASE(a_denial_names_the_nearest_band_that_allows) {
    const auto canon = built_in_canon();
    const auto allowed_in = [&](band b, const char* engine, const char* action) {
        return std::get<verdict>(judge(*canon, b, engine, action)).allowed_in;
    };
    BOOST_TEST(*allowed_in(band::survival, "flips", "run") == band::stabilize);
    BOOST_TEST(*allowed_in(band::survival, "flips", "optimize") == band::caution);
    BOOST_TEST(*allowed_in(band::survival, "storage_units", "scale") == band::expansion);
    BOOST_TEST(!allowed_in(band::caution, "resort_chain", "run"));
    BOOST_TEST(!allowed_in(band::caution, "flips", "run"));  // allowed already
}

BOOST_AUTO_TEST_CASE(a_verdict_is_the_same_whether_it_was_kept_ready_or_not) {
    const auto ready = built_in_canon();
    canon worked_out = *ready;
    worked_out.verdicts.clear();
    BOOST_TEST(ready->verdicts.size() == ready->engines.size() * ready->actions.size() * 4);
    for (const engine& e : ready->engines) {
        for (const std::string& action : ready->actions) {
            for (const band b : {band::expansion, band::caution, band::stabilize, band::survival}) {
                const auto kept = std::get<verdict>(judge(*ready, b, e.name, action));
                const auto made = std::get<verdict>(judge(worked_out, b, e.name, action));
                BOOST_CHECK(*kept.what == *made.what);
                BOOST_CHECK(kept.what->said().in_band == b && kept.what->said().engine == e.name);
                BOOST_CHECK(kept.allowed_in == made.allowed_in);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(of_two_equally_near_bands_the_wider_one_is_named) {
    canon c;
    c.engines.push_back({"e", "k", false, false, std::nullopt});
    c.classes = {"k"};
    c.actions = {"run"};
    c.allowed = {std::vector<std::uint64_t>{1}, {0}, {1}, {0}};
    BOOST_TEST(*std::get<verdict>(judge(c, band::caution, "e", "run")).allowed_in == band::expansion);
    BOOST_TEST(*std::get<verdict>(judge(c, band::survival, "e", "run")).allowed_in == band::stabilize);
}

BOOST_AUTO_TEST_CASE(unknown_names_are_refused_with_suggestions_and_not_recorded) {
    world w;
    const refusal engine = w.refused(commands::decide{"wholesalling", "run"});
    BOOST_TEST(engine.kind == refusal_kind::unknown_engine);
    BOOST_TEST(engine.key == "engine");
    BOOST_TEST(engine.nearest.at(0) == "wholesaling");
    BOOST_TEST(engine.message == "There is no engine wholesalling. Did you mean wholesaling?");
    const refusal action = w.refused(commands::decide{"wholesaling", "rnu"});
    BOOST_TEST(action.kind == refusal_kind::unknown_action);
    BOOST_TEST(action.nearest.at(0) == "run");
    BOOST_TEST(w.refused(commands::decide{"wholesaling", "fly"}).message == "There is no action fly.");
    BOOST_TEST(w.refused(commands::decide{"", ""}).nearest.empty());
    BOOST_TEST(w.refused(commands::decide{std::string(500'000, 'a'), "run"}).message.size() < 200);
}

BOOST_AUTO_TEST_CASE(at_most_three_names_are_suggested_nearest_first) {
    const std::vector<std::string> known{"abcdef", "abcdeg", "abcdxx", "abcdey", "abcdez"};
    const auto got = nearest_names("abcdez", known);
    BOOST_REQUIRE(got.size() == 3);
    BOOST_TEST(got[0] == "abcdez");
    BOOST_TEST(nearest_names("zzzzzz", known).empty());
    BOOST_TEST(nearest_names("x", {"y"}).empty());  // nothing in common is no resemblance
}

BOOST_AUTO_TEST_CASE(suggestions_are_those_of_the_whole_table) {
    // The distance by its definition, without a band.
    const auto plain_distance = [](std::string_view a, std::string_view b) {
        std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
        for (std::size_t i = 0; i <= a.size(); ++i) {
            for (std::size_t j = 0; j <= b.size(); ++j) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                    d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.size()][b.size()];
    };
    std::mt19937 dice{7};
    const auto word = [&dice] {
        std::string text(1 + dice() % 12, ' ');
        for (char& c : text) {
            c = static_cast<char>('a' + dice() % 3);
        }
        return text;
    };
    for (int n = 0; n < 20'000; ++n) {
        const auto a = word();
        const auto b = word();
        const auto distance = plain_distance(a, b);
        const bool near = distance <= std::min<std::size_t>(a.size() / 3 + 1, 4) && distance < b.size();
        BOOST_TEST_REQUIRE(nearest_names(a, {b}).empty() == !near, a << " " << b << " " << distance);
    }
}

BOOST_AUTO_TEST_CASE(what_nobody_mistypes_resembles_nothing) {
    const std::string longest(40, 'x');
    BOOST_TEST(nearest_names(longest.substr(1) + 'y', {longest}).size() == 1U);
    BOOST_TEST(nearest_names(longest + 'x', {longest + 'y'}).empty());
    BOOST_TEST(nearest_names(longest, {longest + 'y'}).empty());
}

BOOST_AUTO_TEST_CASE(a_policy_is_recorded_when_it_changes_and_only_then) {
    world w;
    const auto seq = w.s.next_seq;
    w.must(commands::load_policy{built_in_canon()}, w.daemon());
    BOOST_TEST(w.s.next_seq == seq);
    auto other = std::make_shared<canon>(*built_in_canon());
    other->sha256 = std::string(64, 'f');
    other->source = "/etc/valhalla/policy.toml";
    other->prepare();
    w.must(commands::load_policy{other}, w.daemon());
    BOOST_TEST(w.newest<events::policy_loaded>().source == "/etc/valhalla/policy.toml");
    BOOST_TEST(w.s.recorded_policy == other->sha256);
    BOOST_TEST(w.s.rules == other);
    w.must(commands::decide{"flips", "run"});
    BOOST_TEST(w.newest<events::decided>().what->said().policy == std::string(16, 'f'));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
