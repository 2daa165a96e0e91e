// SPDX-License-Identifier: Apache-2.0
//
// The trail is the truth: a long random run of commands is stored as the ledger stores it, then every table is rebuilt
// from the records alone, and the state that a restart would find is compared with the one that was lived.
#include "schema/verify/replay.hpp"

#include <boost/test/unit_test.hpp>

#include "daemon/playbook_file.hpp"
#include "daemon/policy_file.hpp"
#include "daemon/restore.hpp"
#include "schema/ledger_store.hpp"
#include "tests/daemon/governor/dice.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

constexpr int commands_per_run = 3'000;
constexpr int commands_per_commit = 50;

/// Lives one random life on a database of its own.
governor::state live(const std::filesystem::path& database, std::uint64_t seed) {
    schema::ledger_store store{database};
    auto state = restore_state(store.load(), built_in_canon(), built_in_playbook(), span_point{});
    governor::testing::dice dice{seed};
    auto now = micros_at(1'700'000'000'000'000);
    std::chrono::microseconds set_by{};
    const auto run = [&](const governor::command& what, const governor::context& by) {
        for (const auto& record : governor::execute(state, what, by).records) {
            store.append(record);
        }
    };
    store.begin();
    run(governor::commands::create_database{"00112233445566778899aabbccddeeff"},
        {.who = {}, .is_owner = true, .now = now});
    run(governor::commands::load_policy{built_in_canon()}, {.who = {}, .is_owner = true, .now = now});
    for (int i = 1; i <= commands_per_run; ++i) {
        now += dice.pause();
        if (dice.one_in(100)) {  // somebody sets the wall clock, which moves records and no span
            set_by = std::chrono::hours{dice.one_in(2) ? 0 : static_cast<int>(dice.below(2'000)) - 1'000};
        }
        auto ctx = dice.next_context(now + set_by);
        ctx.span = span_of(now);
        run(dice.next(state), ctx);
        if (i % commands_per_commit == 0) {
            store.commit();
            store.begin();
        }
    }
    store.commit();
    return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_suite)

BOOST_AUTO_TEST_CASE(the_trail_of_a_long_random_run_rebuilds_every_table_and_the_state) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const tests::temporary_directory directory;
            const auto database = directory.path() / "valhalla.db";
            const auto lived = live(database, seed);
            const auto replayed = schema::replay_and_compare(database);
            BOOST_TEST((replayed.problem ? replayed.problem->table + ": " + replayed.problem->message : "") == "");
            BOOST_TEST(replayed.head.size == static_cast<std::uint64_t>(raw(lived.next_seq)) - 1);
            BOOST_TEST(replayed.head.size > static_cast<std::uint64_t>(commands_per_run) / 3);
            const auto found = restore_state(schema::ledger_store{database}.load(), built_in_canon(),
                                             built_in_playbook(), span_point{});
            BOOST_TEST(governor::same_records(lived, found));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
