// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/replay.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {
namespace {

using tests::store_fixture;

constexpr std::size_t records = 3'000;

struct history_fixture : store_fixture {
    history_fixture() { write(tests::random_history(7, records)); }

    void check_found(std::optional<std::int64_t> record, const std::string& table, const std::string& said) const {
        const replay_result result = replay_and_compare(path);
        BOOST_REQUIRE(result.problem);
        BOOST_TEST_CONTEXT(result.problem->message) {
            BOOST_TEST(result.problem->table == table);
            BOOST_TEST(result.problem->record.has_value() == record.has_value());
            if (record && result.problem->record) {
                BOOST_TEST(raw(*result.problem->record) == *record);
            }
            BOOST_TEST(result.problem->message.find(said) != std::string::npos);
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(the_trail_rebuilds_every_table) {
    for (const std::uint64_t seed : {5U, 6U, 7U}) {
        const store_fixture fixture;
        fixture.write(tests::random_history(seed, records));
        std::uint64_t seen = 0;
        const replay_result result = replay_and_compare(fixture.path, [&](std::uint64_t done, std::uint64_t all) {
            BOOST_TEST(done <= all);
            seen = done;
        });
        BOOST_TEST(!result.problem.has_value(), (result.problem ? result.problem->message : std::string{}));
        BOOST_TEST(seen == records);
        BOOST_TEST(result.head.size == records);
        const ledger_store store{fixture.path};
        BOOST_CHECK(result.head == store.head());
        for (const char* table :
             {"session", "session_note", "cone_history", "health_signal", "health_status", "threshold",
              "playbook_progress", "loaded", "instance", "epoch", "witnessed", "operator_lock", "api_key"}) {
            BOOST_TEST(fixture.count(table) > 0, table);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_trail_is_fine) {
    const store_fixture fixture;
    {
        const ledger_store store{fixture.path};
    }
    const replay_result result = replay_and_compare(fixture.path);
    BOOST_TEST(!result.problem.has_value());
    BOOST_TEST(result.head.size == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_changed_record_is_found, history_fixture) {
    split_rows();
    attack("UPDATE audit SET records = CAST(replace(CAST(records AS TEXT), 'anna', 'anni') AS BLOB) WHERE seq = 100");
    check_found(100, "audit", "do not hash");
}

BOOST_FIXTURE_TEST_CASE(a_missing_record_is_found, history_fixture) {
    split_rows();
    attack("DELETE FROM audit WHERE seq = 1234");
    check_found(1234, "audit", "missing");
}

BOOST_FIXTURE_TEST_CASE(swapped_records_are_found, history_fixture) {
    split_rows();
    attack("UPDATE audit SET (records, leaves) = (SELECT records, leaves FROM audit WHERE seq = 51) WHERE seq = 50");
    check_found(50, "audit", "column seq");
}

BOOST_FIXTURE_TEST_CASE(a_changed_column_beside_the_record_is_found, history_fixture) {
    split_rows();
    attack("UPDATE audit SET ts_us = 77777 WHERE seq = 60");
    check_found(60, "audit", "column ts_us");
}

BOOST_FIXTURE_TEST_CASE(a_cut_tail_is_found_by_the_tiles, history_fixture) {
    split_rows();
    attack("DELETE FROM audit WHERE seq > 2000");
    check_found(std::nullopt, "tree_tile", "holds");
}

BOOST_FIXTURE_TEST_CASE(a_changed_tile_is_found, history_fixture) {
    attack("UPDATE tree_tile SET root = zeroblob(32) WHERE tile = 3");
    check_found(std::nullopt, "tree_tile", "tile 3 at level 0");
}

BOOST_FIXTURE_TEST_CASE(an_edited_session_is_found, history_fixture) {
    attack("UPDATE session SET operator = 'mallory' WHERE id = (SELECT MAX(id) FROM session WHERE active = 0)");
    check_found(std::nullopt, "session", "operator");
}

BOOST_FIXTURE_TEST_CASE(an_added_row_is_found, history_fixture) {
    attack("INSERT INTO cone_history VALUES (999999, 0, '', 0, '{}', 'mallory')");
    check_found(std::nullopt, "cone_history", "more rows");
}

BOOST_FIXTURE_TEST_CASE(a_lock_that_was_lifted_behind_the_trail_is_found, history_fixture) {
    attack("DELETE FROM operator_lock WHERE operator = (SELECT MIN(operator) FROM operator_lock)");
    check_found(std::nullopt, "operator_lock", "table operator_lock");
}

BOOST_FIXTURE_TEST_CASE(a_key_that_was_given_another_role_is_found, history_fixture) {
    attack("UPDATE api_key SET role = role % 3 + 1 WHERE id = (SELECT MAX(id) FROM api_key)");
    check_found(std::nullopt, "api_key", "role");
}

BOOST_FIXTURE_TEST_CASE(a_key_that_was_given_another_secret_is_found, history_fixture) {
    attack("UPDATE api_key SET sha256 = hex(zeroblob(32)) WHERE id = (SELECT MAX(id) FROM api_key)");
    check_found(std::nullopt, "api_key", "sha256");
}

BOOST_FIXTURE_TEST_CASE(a_dropped_row_is_found, history_fixture) {
    attack("DELETE FROM threshold WHERE name = 'deny_rate_red'");
    check_found(std::nullopt, "threshold", "threshold");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
