// SPDX-License-Identifier: Apache-2.0
//
// valhalla-bench-verify: how fast a database of decisions is verified, and how much memory that takes.
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "schema/ledger_store.hpp"
#include "schema/verify/replay.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

constexpr std::int64_t records_per_commit = 10'000;

audit_entry created() {
    return {.seq = audit_seq{1},
            .ts = micros_at(1'700'000'000'000'000),
            .who = {.name = "valhallad", .via = actor_via::daemon, .uid = {}, .gid = {}},
            .session = {},
            .what = events::database_created{"0123456789abcdef0123456789abcdef",
                                             {band::caution, "default", micros_at(1'700'000'000'000'000), "{}"}}};
}

/// A record that touches a table, to see what folding costs.
audit_entry cone_change(std::int64_t seq) {
    auto entry = created();
    entry.seq = audit_seq{seq};
    entry.ts = micros_at(1'700'000'000'000'000 + seq * 137);
    entry.what = events::cone_changed{{band::caution, "measured", entry.ts, R"({"wind":0.3})"}};
    return entry;
}

/// Seven operators, each of whom asks about every action of eight engines in turn.
audit_entry decision(std::int64_t seq) {
    static constexpr std::array engines{"wholesaling",  "buy_and_hold", "fixnflip",  "arbitrage",
                                        "foreclosures", "notes",        "rentals_1", "rentals_2"};
    static constexpr std::array actions{"optimize", "scale", "run", "pause", "experiment"};
    const auto n = static_cast<std::size_t>(seq);
    const std::string engine = engines.at(n % engines.size());
    const std::string action = actions.at(n % actions.size());
    return {
        .seq = audit_seq{seq},
        .ts = micros_at(1'700'000'000'000'000 + seq * 137),
        .who = {.name = "operator-" + std::to_string(seq % 7), .via = actor_via::unix_socket, .uid = 1000, .gid = 1000},
        .session = {},
        .what = events::decided{make_judgement({.allowed = true,
                                                .in_band = band::caution,
                                                .engine = engine,
                                                .action = action,
                                                .reason = "allowed by the action matrix",
                                                .rule = "B/boring/" + action,
                                                .policy = std::string(64, 'a')})}};
}

/// Of this process: what else the machine does meanwhile does not count.
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::size_t fill(const std::filesystem::path& database, std::int64_t records, bool folding) {
    schema::ledger_store store{database};
    std::size_t bytes = 0;  // of a record, on average
    store.begin();
    store.append(created());
    for (std::int64_t seq = 2; seq <= records; ++seq) {
        bytes += store.append(folding ? cone_change(seq) : decision(seq)).size();
        if (seq % records_per_commit == 0) {
            store.commit();
            store.checkpoint();
            store.begin();
        }
    }
    store.commit();
    store.checkpoint();
    return bytes / static_cast<std::size_t>(records - 1);
}

}  // namespace

int main(int argc, char** argv) {
    std::int64_t records = 1'000'000;
    int runs = 3;
    CLI::App app{"Measures the verification of a database of decisions."};
    app.add_option("--records", records, "Records in the database");
    app.add_option("--runs", runs, "How often");
    bool folding = false;
    app.add_flag("--folding", folding, "Changes of the cone instead of decisions");
    CLI11_PARSE(app, argc, argv);
    const test::temporary_directory directory;
    const auto database = directory.path() / "valhalla.db";
    const auto bytes = fill(database, records, folding);
    for (int run = 0; run < runs; ++run) {
        const auto start = std::chrono::steady_clock::now();
        const auto cpu_start = cpu_seconds();
        const auto result = schema::replay_and_compare(database);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        const auto cpu = cpu_seconds() - cpu_start;
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        const auto records_done = static_cast<double>(result.head.size);
        fmt::print(
            "{} records of {} bytes: {:.3f} s, {:.0f} records/s; CPU {:.3f} s, {:.0f} records/s; peak {} KiB, {}\n",
            result.head.size, bytes, took.count(), records_done / took.count(), cpu, records_done / cpu, used.ru_maxrss,
            result.problem ? result.problem->message : "verified");
    }
    return 0;
}
