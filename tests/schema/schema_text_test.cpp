// SPDX-License-Identifier: Apache-2.0
//
// schema/schema.sql is what the migrations lead to. `ACCEPT=1` writes it anew.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "schema/migrations.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {

BOOST_AUTO_TEST_SUITE(schema_text)

BOOST_AUTO_TEST_CASE(schema_sql_is_what_the_migrations_lead_to) {
    const std::string path = SOURCE_DIR "/schema/schema.sql";
    const std::string now = schema_of_migrations();
    if (std::getenv("ACCEPT") != nullptr) {
        std::ofstream{path} << now;
    }
    std::ifstream file{path};
    const std::string committed{std::istreambuf_iterator<char>{file}, {}};
    BOOST_TEST(committed == now, "run this test with ACCEPT=1 and commit schema/schema.sql");
}

BOOST_FIXTURE_TEST_CASE(a_fresh_database_has_the_schema_of_schema_sql, tests::store_fixture) {
    connection db = connection::open_writer(path);
    BOOST_TEST(describe_schema(db) == schema_of_migrations());
    BOOST_TEST(db.text_of("PRAGMA user_version") == std::to_string(current_schema_version()));
    BOOST_TEST(db.text_of("PRAGMA application_id") == std::to_string(application_id));
}

BOOST_FIXTURE_TEST_CASE(a_vacuumed_database_has_the_same_schema, tests::store_fixture) {
    write({tests::history{}.created()});
    tamper("VACUUM");
    BOOST_CHECK_NO_THROW(connection::open_writer(path));
}

BOOST_AUTO_TEST_CASE(every_time_says_its_unit) {
    const std::string text = schema_of_migrations();
    for (const std::string column : {"created_us", "ts_us", "started_us", "ended_us", "updated_us", "reported_us",
                                     "expires_us", "changed_us", "since_us", "until_us", "kept_us"}) {
        for (std::size_t at = text.find("    " + column); at != std::string::npos;
             at = text.find("    " + column, at + 1)) {
            const std::string line = text.substr(at, text.find('\n', at) - at);
            BOOST_TEST(line.find("-- µs") != std::string::npos, line);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
