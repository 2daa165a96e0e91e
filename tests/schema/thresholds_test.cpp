// SPDX-License-Identifier: Apache-2.0
#include "schema/model/thresholds.hpp"

#include <boost/test/unit_test.hpp>

#include "schema/model/json_value.hpp"

using namespace valhalla;

BOOST_AUTO_TEST_SUITE(threshold_table)

BOOST_AUTO_TEST_CASE(every_name_is_found_and_none_twice) {
    for (const auto& field : threshold_fields()) {
        BOOST_TEST(find_threshold(field.name) == &field);
        BOOST_TEST(!field.meaning.empty());
    }
    BOOST_TEST(find_threshold("deny_rate") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_defaults_are_within_their_bounds_and_consistent) {
    const thresholds t;
    for (const auto& field : threshold_fields()) {
        std::visit(
            [&]<class T>(T thresholds::* where) {
                if constexpr (!std::is_same_v<T, health_level>) {
                    BOOST_TEST(static_cast<double>(t.*where) >= field.minimum);
                    BOOST_TEST(static_cast<double>(t.*where) <= field.maximum);
                }
            },
            field.where);
    }
    BOOST_TEST(!inconsistency_of(t).has_value());
}

BOOST_AUTO_TEST_CASE(red_never_comes_before_yellow) {
    thresholds t;
    t.deny_rate_red = 0.2;
    BOOST_TEST(inconsistency_of(t).value().find("deny_rate_red") != std::string::npos);
    t = {};
    t.max_failed_jobs_yellow = 2;
    BOOST_TEST(inconsistency_of(t).value().find("max_failed_jobs_red") != std::string::npos);
    t = {};
    t.disk_free_red_mib = 4'096;
    BOOST_TEST(inconsistency_of(t).value().find("disk_free_red_mib") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_frontend_sees_six_and_the_trail_all) {
    std::string six;
    json_writer six_writer{six};
    write_thresholds(six_writer, {}, threshold_set::compatible);
    BOOST_TEST(six == R"({"max_failed_jobs_red":1,"max_failed_jobs_yellow":0,"deny_rate_yellow":0.25,)"
                      R"("deny_rate_red":0.35,"min_decisions_for_drift":20,"unhandled_exceptions_red":1})");
    std::string all;
    json_writer all_writer{all};
    write_thresholds(all_writer, {}, threshold_set::all);
    json_document document;
    BOOST_REQUIRE(!document.parse(all));
    BOOST_TEST(std::distance(document.root().begin(), document.root().end()) ==
               static_cast<std::ptrdiff_t>(threshold_count));
}

BOOST_AUTO_TEST_CASE(a_band_alone_gives_the_status_that_is_set_for_it) {
    thresholds t;
    BOOST_TEST((status_of_band(t, band::expansion) == health_level::green));
    BOOST_TEST((status_of_band(t, band::stabilize) == health_level::yellow));
    BOOST_TEST((status_of_band(t, band::survival) == health_level::red));
    t.band_b_status = health_level::red;
    BOOST_TEST((status_of_band(t, band::caution) == health_level::red));
}

BOOST_AUTO_TEST_SUITE_END()
