// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include <boost/json.hpp>

#include "daemon/governor/checklist.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

constexpr const char* preflight = "preflight_view_dashboard";

commands::set_step complete(std::string id, std::optional<std::string> notes = std::nullopt) {
    return {std::move(id), true, std::move(notes), std::nullopt};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(playbook_rules)

BOOST_AUTO_TEST_CASE(the_built_in_playbook_has_the_known_steps) {
    std::ifstream in{TEST_DATA_DIR "/playbook.json"};
    const auto data = boost::json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
    const auto& expected = data.at("steps").as_array();
    const auto book = built_in_playbook();
    BOOST_REQUIRE(book->steps.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const playbook_step& step = book->steps[i];
        BOOST_TEST(step.id == std::string{expected[i].at("id").as_string()});
        BOOST_TEST(band_letter(step.band_min) == std::string{expected[i].at("band_min").as_string()});
        BOOST_TEST(step.blocked_if_red == expected[i].at("blocked_if_red").as_bool());
        BOOST_TEST(!step.title.empty());
        BOOST_TEST(!step.why.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_completed_step_tells_who_when_and_in_which_session) {
    world w;
    w.must(commands::start_session{});
    const auto at = w.now;
    const auto step = w.answer_of<answers::step>(complete("intake_ready", "ok"));
    BOOST_TEST(step.step_id == "intake_ready");
    BOOST_TEST(step.now.done);
    BOOST_TEST(*step.now.notes == "ok");
    BOOST_TEST(step.now.operator_name == "anna");
    BOOST_TEST(*step.now.session == session_id{1});
    BOOST_TEST((*step.now.updated_at == at));
    BOOST_TEST((w.s.progress->at("intake_ready") == step.now));
}

BOOST_AUTO_TEST_CASE(a_step_may_be_completed_without_a_session) {
    world w;
    BOOST_TEST(!w.answer_of<answers::step>(complete("intake_ready")).now.session);
}

BOOST_AUTO_TEST_CASE(when_red_only_the_preflight_step_is_open) {
    const auto book = built_in_playbook();
    for (const playbook_step& step : book->steps) {
        BOOST_TEST(why_blocked(step, band::expansion, health_level::red).has_value() == (step.id != preflight));
        BOOST_TEST(!why_blocked(step, band::expansion, health_level::yellow));
    }
    BOOST_TEST(next_step(*book, {}, band::expansion, health_level::red)->id == preflight);
}

BOOST_AUTO_TEST_CASE(narrow_bands_block_the_steps_that_need_a_wider_one) {
    const auto book = built_in_playbook();
    for (const playbook_step& step : book->steps) {
        BOOST_TEST(!why_blocked(step, band::caution, health_level::green));
        BOOST_TEST(why_blocked(step, band::stabilize, health_level::green).has_value() ==
                   (step.band_min == band::caution));
        BOOST_TEST(why_blocked(step, band::survival, health_level::green).has_value() == (step.id != preflight));
    }
    BOOST_TEST(*why_blocked(*book->find("intake_ready"), band::survival, health_level::green) ==
               "intake_ready needs band B or wider, and band D (survival) is in force.");
}

BOOST_AUTO_TEST_CASE(the_next_step_is_the_first_that_is_neither_done_nor_blocked) {
    const auto book = built_in_playbook();
    progress_map progress;
    BOOST_TEST(next_step(*book, progress, band::caution, health_level::green)->id == preflight);
    progress[preflight].done = true;
    BOOST_TEST(next_step(*book, progress, band::caution, health_level::green)->id == "set_opportunistic_caps");
    BOOST_TEST(next_step(*book, progress, band::survival, health_level::green) == nullptr);
    progress["set_opportunistic_caps"].done = false;  // undone is not done
    BOOST_TEST(next_step(*book, progress, band::caution, health_level::green)->id == "set_opportunistic_caps");
    for (const playbook_step& step : book->steps) {
        progress[step.id].done = true;
    }
    BOOST_TEST(next_step(*book, progress, band::caution, health_level::green) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_blocked_step_cannot_be_completed) {
    world w;
    w.set_band(band::survival);
    const refusal no = w.refused(complete("intake_ready"));
    BOOST_TEST(no.kind == refusal_kind::step_blocked);
    BOOST_TEST(no.key == "step_id");
    BOOST_TEST(contains(no.message, "The status is red"));
    BOOST_TEST(contains(no.message, "band D (survival)"));
    w.must(complete(preflight));
}

BOOST_AUTO_TEST_CASE(an_owner_overrides_with_a_reason_that_is_recorded) {
    world w;
    w.set_band(band::survival);
    const commands::set_step forced{"intake_ready", true, "n", "the auditor asked for it"};
    const refusal no = w.refused(forced, w.as("anna"));
    BOOST_TEST(no.kind == refusal_kind::owner_only);
    BOOST_TEST(no.key == "override");
    BOOST_TEST(w.refused(complete("intake_ready"), w.as("olga", true)).kind == refusal_kind::step_blocked);
    w.must(forced, w.as("olga", true));
    BOOST_TEST(*w.newest<events::step_set>().override_reason == "the auditor asked for it");
}

BOOST_AUTO_TEST_CASE(an_override_that_was_not_needed_is_not_recorded_as_one) {
    world w;
    w.must(commands::set_step{"intake_ready", true, {}, "just in case"}, w.as("olga", true));
    BOOST_TEST(!w.newest<events::step_set>().override_reason);
}

BOOST_AUTO_TEST_CASE(undoing_is_always_allowed) {
    world w;
    w.must(complete("intake_ready"));
    w.set_band(band::survival);
    w.must(commands::set_step{"intake_ready", false, {}, {}});
    BOOST_TEST(!w.s.progress->at("intake_ready").done);
}

BOOST_AUTO_TEST_CASE(unknown_steps_are_refused_with_suggestions) {
    world w;
    const refusal no = w.refused(complete("intake_redy"));
    BOOST_TEST(no.kind == refusal_kind::unknown_step);
    BOOST_TEST(no.nearest.at(0) == "intake_ready");
}

BOOST_AUTO_TEST_CASE(the_checklist_says_why_open_steps_are_blocked_and_what_is_next) {
    world w;
    BOOST_TEST(blocked_reasons(w.s).empty());
    BOOST_TEST(next_step_message(w.s) == "Next: Look at the dashboard before anything else.");
    w.set_band(band::stabilize);
    BOOST_TEST(blocked_reasons(w.s).size() == 1);
    w.set_band(band::survival);
    BOOST_TEST(blocked_reasons(w.s).size() == 2);
    w.must(complete(preflight));
    BOOST_TEST(contains(next_step_message(w.s), "8 steps are left, none can be done now."));
    w.set_band(band::caution);
    for (const playbook_step& step : w.s.steps->steps) {
        w.must(complete(step.id));
    }
    w.set_band(band::survival);
    BOOST_TEST(blocked_reasons(w.s).empty());  // nothing is left that could be blocked
    BOOST_TEST(next_step_message(w.s) == "Every step of the playbook is done.");
}

BOOST_AUTO_TEST_CASE(a_changed_playbook_loses_no_progress) {
    world w;
    w.must(complete("intake_ready"));
    auto shorter = std::make_shared<playbook>();
    shorter->steps.push_back({"brand_new", "t", "w", band::survival, false});
    shorter->sha256 = std::string(64, 'a');
    shorter->source = "p.toml";
    w.must(commands::load_playbook{shorter}, w.daemon());
    BOOST_TEST(w.newest<events::playbook_loaded>().sha256 == shorter->sha256);
    BOOST_TEST(w.s.progress->at("intake_ready").done);
    BOOST_TEST(w.refused(complete("intake_ready")).kind == refusal_kind::unknown_step);
    w.must(commands::load_playbook{built_in_playbook()}, w.daemon());
    BOOST_TEST(w.s.progress->at("intake_ready").done);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
