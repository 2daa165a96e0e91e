// SPDX-License-Identifier: Apache-2.0
//
// The documents of the export against files that the program before has written.
#include <boost/test/unit_test.hpp>

#include "schema/export.hpp"
#include "tests/schema/file_content.hpp"

using namespace valhalla;
using namespace valhalla::schema;

namespace {

std::string old_file(std::string_view name) {
    return tests::content_of(std::filesystem::path{TEST_DATA_DIR} / "seed-data" / name);
}

unix_micros at(std::string_view text) {
    return parse_utc(text).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(export_documents_of_old)

BOOST_AUTO_TEST_CASE(a_session_is_written_as_the_old_program_wrote_it) {
    session s;
    s.started_at = at("2026-11-22T09:08:43.469247Z");
    s.ended_at = at("2026-11-22T09:08:43.550821Z");
    s.cone_band = band::caution;
    s.status = health_level::green;
    s.end_notes = "";
    s.snapshot_json = R"({"cone":{"band":"B","reason":"review","updated_at_utc":"2026-11-22T09:08:43.438783Z",)"
                      R"("metrics":{}},"status":{"status":"green","reasons":[]}})";
    BOOST_TEST(render_go_session(s) == old_file("go_session.json") + "\n");
}

BOOST_AUTO_TEST_CASE(no_session_is_all_null_and_inactive) {
    BOOST_TEST(render_go_session(std::nullopt) ==
               "{\n  \"session\": {\n    \"active\": false,\n    \"started_at_utc\": null,\n"
               "    \"ended_at_utc\": null,\n    \"cone_band\": null,\n    \"status\": null,\n    \"notes\": null,\n"
               "    \"snapshot\": null\n  }\n}\n");
}

BOOST_AUTO_TEST_CASE(progress_is_in_order_of_step) {
    progress_map progress;
    progress["start_one_boring_engine"].done = true;
    progress["confirm_boring_sop"] = {false, "ok", "ann", session_id{1}, unix_micros{}};
    BOOST_TEST(
        render_go_progress(progress) ==
        "{\n  \"progress\": {\n    \"confirm_boring_sop\": {\n      \"done\": false,\n      \"notes\": \"ok\"\n"
        "    },\n    \"start_one_boring_engine\": {\n      \"done\": true,\n      \"notes\": null\n    }\n  }\n}\n");
    BOOST_TEST(render_go_progress({}) == "{\n  \"progress\": {}\n}\n");
}

BOOST_AUTO_TEST_CASE(a_cone_is_written_as_the_old_program_wrote_it) {
    BOOST_TEST(render_cone_state({band::caution, "review", at("2026-11-22T09:08:43.517614Z"), "{}"}) ==
               old_file("cone_state.json") + "\n");
}

BOOST_AUTO_TEST_CASE(thresholds_are_written_as_the_old_program_wrote_them) {
    BOOST_TEST(render_thresholds({}) == old_file("thresholds.json") + "\n");
}

BOOST_AUTO_TEST_CASE(the_manifest_is_the_last_of_the_set) {
    BOOST_TEST(export_documents().back() == "manifest.json");
    BOOST_TEST(export_documents().size() == 8U);
}

BOOST_AUTO_TEST_SUITE_END()
