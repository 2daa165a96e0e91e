// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_limits.hpp"

#include <boost/test/unit_test.hpp>

#include "daemon/config_file.hpp"
#include "daemon/ledger.hpp"
#include "daemon/memory_bound.hpp"
#include "tests/temporary_directory.hpp"

using valhalla::apply_config_file;
using valhalla::config;
using valhalla::memory_bound_of;
using valhalla::tests::temporary_directory;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

std::string problem_with(const std::string& text) {
    const temporary_directory dir;
    config c;
    return apply_config_file(dir.write("bad.toml", text), c).value_or("");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config_limits)

BOOST_AUTO_TEST_CASE(every_limit_is_read) {
    const temporary_directory dir;
    config c;
    const auto problem = apply_config_file(dir.write("limits.toml", R"(
[limits]
connections = 100
connections_per_uid = 75
backlog = 9
line_bytes = 65536
line_time_s = 2
batch = 7
in_flight = 8
output_pause_bytes = 4096
output_close_bytes = 4000000
output_stall_s = 3
push_stall_s = 4
no_role_s = 5
queued_changes = 1000
queued_bytes = 2097152
import_documents_bytes = 1048577
)"),
                                           c);
    BOOST_TEST(problem.value_or("") == "");
    BOOST_TEST(c.limits.connections == 100U);
    BOOST_TEST(c.limits.connections_per_uid == 75U);
    BOOST_TEST(c.limits.backlog == 9);
    BOOST_TEST(c.limits.line_bytes == 65'536U);
    BOOST_TEST(c.limits.line_time.count() == 2'000);
    BOOST_TEST(c.limits.batch == 7U);
    BOOST_TEST(c.limits.in_flight == 8U);
    BOOST_TEST(c.limits.output_pause_bytes == 4'096U);
    BOOST_TEST(c.limits.output_close_bytes == 4'000'000U);
    BOOST_TEST(c.limits.output_stall_time.count() == 3'000);
    BOOST_TEST(c.limits.push_stall_time.count() == 4'000);
    BOOST_TEST(c.limits.no_role_time.count() == 5'000);
    BOOST_TEST(c.queue.changes == 1'000U);
    BOOST_TEST(c.queue.bytes == 2 * mib);
    BOOST_TEST(c.import_documents_bytes == mib + 1);
}

BOOST_AUTO_TEST_CASE(what_is_out_of_range_or_does_not_fit_together_is_named_with_its_line) {
    struct row {
        const char* keys;
        const char* words;
    };
    for (const auto& [keys, words] : {
             row{"connections = 3", ":2: limits.connections: must be a number from 4 to 10000"},
             row{"connections = 1e3", ":2: limits.connections: must be a number"},
             row{"line_time_s = 0", ":2: limits.line_time_s: must be a number from 1 to 3600"},
             row{"batch = 1001", ":2: limits.batch: must be a number from 1 to 1000"},
             row{"line_bites = 1", ":2: limits.line_bites: no such key; did you mean 'line_bytes'?"},
             row{"connections = 100\nconnections_per_uid = 76",
                 ":3: limits.connections_per_uid: connections_per_uid must be at most 75"},
             row{"connections_per_uid = 500",
                 ":2: limits.connections_per_uid: connections_per_uid must be at most 384"},
             row{"output_pause_bytes = 4194304",
                 ":2: limits.output_pause_bytes: output_close_bytes must be at least 7340032"},
             row{"output_close_bytes = 1048576",
                 ":2: limits.output_close_bytes: output_close_bytes must be at least 4194304"},
             row{"queued_changes = 16", ":2: limits.queued_changes: queued_changes must be at least"},
             row{"line_bytes = 16777216\nqueued_bytes = 2097152",
                 ":3: limits.queued_bytes: queued_bytes must be at least"},
         }) {
        const auto problem = problem_with(std::string{"[limits]\n"} + keys + "\n");
        BOOST_TEST(problem.find(words) != std::string::npos, keys << ": " << problem);
    }
}

BOOST_AUTO_TEST_CASE(the_smallest_that_an_error_asks_for_is_enough) {
    BOOST_TEST(problem_with("[limits]\nin_flight = 128\nqueued_changes = 172\n") == "");
    BOOST_TEST(problem_with("[limits]\nin_flight = 128\nqueued_changes = 168\n").find("at least 172") !=
               std::string::npos);
    BOOST_TEST(problem_with("[limits]\noutput_close_bytes = 4194304\n") == "");
}

BOOST_AUTO_TEST_CASE(one_users_connections_follow_those_of_all) {
    const temporary_directory dir;
    config c;
    BOOST_TEST(!apply_config_file(dir.write("few.toml", "[limits]\nconnections = 16\n"), c).has_value());
    BOOST_TEST(c.limits.connections_per_uid == 12U);
}

BOOST_AUTO_TEST_CASE(the_defaults_take_half_a_gigabyte_at_most) {
    const auto bound = memory_bound_of(config{});
    BOOST_TEST(bound.total() - bound.import <= 512 * mib);
    BOOST_TEST(bound.import <= 136 * mib);  // once, on a state that is fresh, and while it lasts
}

BOOST_AUTO_TEST_CASE(memory_grows_with_what_is_allowed) {
    const config defaults;
    const auto all = memory_bound_of(defaults);
    BOOST_TEST(all.total() ==
               all.base + all.connections + all.buffers + all.follows + all.queue + all.import + all.answers);
    BOOST_TEST(all.connections == defaults.limits.connections * all.connection);
    BOOST_TEST(all.buffers == defaults.limits.buffer_bytes);
    BOOST_TEST(all.queue > 2 * defaults.queue.bytes);

    const auto changed = [](auto change) {
        config c;
        change(c);
        return memory_bound_of(c);
    };
    BOOST_TEST(changed([](config& c) { c.limits.buffer_bytes += mib; }).total() == all.total() + mib);
    BOOST_TEST(changed([](config& c) { c.limits.line_bytes += 16 * mib; }).connection == all.connection);
    BOOST_TEST(changed([](config& c) { c.limits.output_close_bytes += mib; }).total() == all.total() + 2 * mib);
    BOOST_TEST(changed([](config& c) { c.limits.in_flight += 100; }).connection >
               all.connection + std::size_t{100} * 64);
    BOOST_TEST(changed([](config& c) { c.limits.batch += 100; }).connection ==
               all.connection + 200 * sizeof(std::string_view));
    BOOST_TEST(changed([](config& c) { c.queue.bytes += mib; }).queue == all.queue + 2 * mib);
    BOOST_TEST(changed([](config& c) { c.limits.connections += 10; }).total() == all.total() + 10 * all.connection);
}

BOOST_AUTO_TEST_SUITE_END()
