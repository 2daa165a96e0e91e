// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_changes.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "daemon/config_file.hpp"

using valhalla::changes_between;
using valhalla::config;

BOOST_AUTO_TEST_SUITE(config_changes_suite)

BOOST_AUTO_TEST_CASE(it_says_what_is_in_force_and_what_waits) {
    const config running;
    BOOST_TEST(describe(changes_between(running, running)) == "nothing has changed");
    config read = running;
    read.access.operators = {"alice"};
    read.log_level = "warn";
    BOOST_TEST(describe(changes_between(running, read)) == "changed: log_level, access.operators");
    read.limits.connections = 100;
    read.socket = "/elsewhere";
    BOOST_TEST(describe(changes_between(running, read)) ==
               "changed: log_level, access.operators; until the next start the old values hold of: socket, "
               "limits.connections");
    read = running;
    read.queue.changes = 100;
    BOOST_TEST(describe(changes_between(running, read)) ==
               "nothing is in force that was not before; until the next start the old values hold of: "
               "limits.queued_changes");
}

BOOST_AUTO_TEST_CASE(every_key_of_the_file_is_compared) {
    const auto compared = valhalla::compared_keys();
    for (const auto& key : valhalla::config_keys()) {
        const bool is_there = std::ranges::find(compared, key) != compared.end() || key.starts_with("limits.");
        BOOST_TEST(is_there, key);
    }
}

BOOST_AUTO_TEST_SUITE_END()
