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
#include "ipc/api/thresholds.hpp"
#include "ipc/api/words.hpp"
#include "schema/model/thresholds.hpp"

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

BOOST_AUTO_TEST_CASE(cursors_are_positive_decimal_numbers) {
    BOOST_TEST(parse_cursor("17").value() == 17);
    for (const char* bad : {"", "0", "-1", "1x", "x", " 1", "99999999999999999999"}) {
        BOOST_TEST(!parse_cursor(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
