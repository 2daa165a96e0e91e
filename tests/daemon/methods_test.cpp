// SPDX-License-Identifier: Apache-2.0
//
// Where the wire's vocabulary and the model's are written twice, because neither may know the other, they are compared.
#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/methods/bind.hpp"
#include "daemon/render.hpp"
#include "ipc/api/audit.hpp"
#include "ipc/api/shapes.hpp"
#include "ipc/api/thresholds.hpp"
#include "ipc/api/words.hpp"
#include "schema/model/actor.hpp"
#include "schema/model/session.hpp"
#include "schema/model/thresholds.hpp"
#include "tests/daemon/governor/world.hpp"

using namespace valhalla;

BOOST_AUTO_TEST_SUITE(methods_suite)

BOOST_AUTO_TEST_CASE(the_wire_knows_every_threshold_by_the_models_name) {
    std::vector<std::string_view> wire;
    std::apply([&](const auto&... field) { (wire.push_back(field.name), ...); }, ipc::api::thresholds_set::fields);
    std::vector<std::string_view> model;
    for (const auto& field : threshold_fields()) {
        model.push_back(field.name);
    }
    std::ranges::sort(wire);
    std::ranges::sort(model);
    BOOST_TEST(wire == model, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(words_of_the_wire_are_words_of_the_model) {
    for (std::size_t i = 0; i < ipc::api::band_words.size(); ++i) {
        BOOST_TEST(band_letter(from_wire(static_cast<ipc::api::band>(i))) == ipc::api::band_words[i]);
    }
    for (std::size_t i = 0; i < ipc::api::level_words.size(); ++i) {
        BOOST_TEST(to_text(from_wire(static_cast<ipc::api::level>(i))) == ipc::api::level_words[i]);
    }
}

BOOST_AUTO_TEST_CASE(words_of_results_are_words_of_the_model) {
    for (std::size_t i = 0; i < ipc::api::shapes::end_reason_words.size(); ++i) {
        BOOST_TEST(to_text(static_cast<end_reason>(i)) == ipc::api::shapes::end_reason_words[i]);
    }
    BOOST_TEST(!parse_end_reason("").has_value());
    for (const auto via : {actor_via::daemon, actor_via::unix_socket, actor_via::http}) {
        std::string actor_json;
        json_writer json{actor_json};
        write_actor(json, actor{.name = "anna", .via = via, .uid = std::nullopt, .gid = std::nullopt});
        const auto written = [&](std::string_view word) {
            return actor_json.find('"' + std::string{word} + '"') != std::string::npos;
        };
        BOOST_TEST(std::ranges::any_of(ipc::api::shapes::via_words, written), actor_json);
    }
}

BOOST_AUTO_TEST_CASE(the_wire_and_the_rules_take_the_same_names_of_foreign_events) {
    governor::testing::world w;
    std::vector<std::string> names{"", "X", "X_", "x_a", "Y_A", "X_" + std::string(62, 'A')};
    for (int c = 1; c < 256; ++c) {
        names.push_back(std::string{"X_"} + static_cast<char>(c));
    }
    for (const auto& name : names) {
        const auto done = w.run(governor::commands::append_event{name, "{}"});
        BOOST_TEST(ipc::api::is_foreign_event_name(name) == !done.refused(), name);
    }
}

BOOST_AUTO_TEST_CASE(who_is_forbidden_is_told_the_role_by_the_name_that_the_wire_uses) {
    const auto error = to_wire({governor::refusal_kind::owner_only, "no", "override", {}, std::nullopt});
    BOOST_TEST(error.data_members == R"("key":"override","role":"owner")");
}

BOOST_AUTO_TEST_CASE(cursors_are_positive_decimal_numbers) {
    BOOST_TEST(parse_cursor("17").value() == 17);
    for (const char* bad : {"", "0", "-1", "1x", "x", " 1", "99999999999999999999"}) {
        BOOST_TEST(!parse_cursor(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
