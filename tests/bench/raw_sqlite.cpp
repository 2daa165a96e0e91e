// SPDX-License-Identifier: Apache-2.0
//
// valhalla-bench-sqlite: the ceiling. What SQLite alone stores a second: rows of the daemon's own `audit` table, with
// its settings, the bytes of one decision in each, `batch` rows a commit, the write-ahead log folded in when the daemon
// would. No socket, no JSON, no rules, no tree. Prints one line of JSON; latencies are those of a commit.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/connection.hpp"
#include "schema/limits.hpp"
#include "schema/model/event.hpp"
#include "schema/statement.hpp"

using namespace valhalla;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::int64_t first_us = 1'700'000'000'000'000;

std::string decision_record() {
    const audit_entry entry{
        .seq = audit_seq{1'234'567},
        .ts = micros_at(first_us),
        .who = {.name = "operator", .via = actor_via::unix_socket, .uid = 1'000, .gid = 1'000},
        .session = session_id{1},
        .what = events::decided{
            make_judgement({.allowed = true,
                            .in_band = band::caution,
                            .engine = "wholesaling",
                            .action = "run",
                            .reason = "In band B (caution) engines of class alpha may run, and wholesaling is one.",
                            .rule = "B/alpha/run",
                            .policy = std::string(policy_digits, 'a')})}};
    std::string record;
    encode_record(entry, record);
    return record + '\n';
}

class table {
  public:
    explicit table(const std::filesystem::path& database) : db_{schema::connection::open_writer(database)} {
        sqlite3_wal_hook(db_.handle(), &table::on_commit, this);
    }
    void store(int batch) {
        begin_.run();
        for (int i = 0; i < batch; ++i) {
            ++seq_;
            std::memcpy(leaf_.data(), &seq_, sizeof seq_);
            insert_.run(seq_, first_us + seq_, std::span<const std::byte>{leaf_}, std::as_bytes(std::span{record_}));
        }
        commit_.run();
    }
    void checkpoint_if_due() {
        if (db_.wal_bytes(pages_) >= schema::limits::wal_checkpoint_bytes) {
            sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        }
    }
    [[nodiscard]] std::size_t record_bytes() const noexcept { return record_.size(); }

  private:
    static int on_commit(void* self, sqlite3* /*db*/, const char* /*schema*/, int pages) {
        static_cast<table*>(self)->pages_ = pages;
        return SQLITE_OK;
    }

    schema::connection db_;
    schema::statement begin_{db_, "BEGIN IMMEDIATE"};
    schema::statement insert_{db_, "INSERT INTO audit (seq, ts_us, leaves, records) VALUES (?1, ?2, ?3, ?4)"};
    schema::statement commit_{db_, "COMMIT"};
    const std::string record_ = decision_record();
    std::array<std::byte, 32> leaf_{};
    std::int64_t seq_ = 0;
    int pages_ = 0;
};

double seconds_since(clock_type::time_point start) {
    return std::chrono::duration<double>(clock_type::now() - start).count();
}

/// Of this process, user and system.
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::uint32_t percentile(const std::vector<std::uint32_t>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

struct settings {
    std::filesystem::path database;
    int batch = 1;
    double warm_up = 0.3;  // seconds, not counted
    double seconds = 2;
};

void measure(const settings& s) {
    table rows{s.database};
    for (const auto start = clock_type::now(); seconds_since(start) < s.warm_up;) {
        rows.store(s.batch);
        rows.checkpoint_if_due();
    }
    std::vector<std::uint32_t> commits_us;
    const auto cpu_start = cpu_seconds();
    const auto start = clock_type::now();
    while (seconds_since(start) < s.seconds) {
        const auto begin = clock_type::now();
        rows.store(s.batch);
        commits_us.push_back(static_cast<std::uint32_t>(seconds_since(begin) * 1e6));
        rows.checkpoint_if_due();
    }
    const auto took = seconds_since(start);
    const auto cpu = cpu_seconds() - cpu_start;
    std::ranges::sort(commits_us);
    const auto stored = static_cast<double>(commits_us.size()) * s.batch;
    fmt::print(
        "{{\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"all_replies\":{:.0f},\"cpu_us\":{:.3f},"
        "\"record_bytes\":{},\"sqlite\":\"{}\"}}\n",
        stored / took, percentile(commits_us, 0.5), percentile(commits_us, 0.99), percentile(commits_us, 0.999), stored,
        cpu * 1e6 / stored, rows.record_bytes(), sqlite3_libversion());
}

}  // namespace

int main(int argc, char** argv) {
    settings s;
    CLI::App app{"Measures how many rows SQLite alone stores."};
    app.add_option("--database", s.database, "File to create")->required()->check(CLI::NonexistentPath);
    app.add_option("--batch", s.batch, "Rows per commit")->check(CLI::PositiveNumber);
    app.add_option("--warm-up", s.warm_up, "Seconds before counting begins");
    app.add_option("--seconds", s.seconds, "Seconds that count");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(s);
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhalla-bench-sqlite: {}\n", e.what());
        return 1;
    }
    return 0;
}
