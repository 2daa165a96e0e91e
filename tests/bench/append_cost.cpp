// SPDX-License-Identifier: Apache-2.0
//
// What the evidence costs: appending decisions with the tree and a signing notary, against appending the same records
// to the same tables without either. Both in one run, by turns, on the same disk; the ratio is what counts.
//
//   valhalla-bench-append [--rounds 7] [--batches 100] [--batch 1000]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "daemon/notary.hpp"
#include "schema/audit_log.hpp"
#include "schema/connection.hpp"
#include "schema/ledger_store.hpp"
#include "schema/limits.hpp"
#include "schema/projection.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

const auto the_judgement =
    make_judgement({.allowed = true,
                    .in_band = band::caution,
                    .engine = "wholesaling",
                    .action = "run",
                    .reason = "In band B (caution) engines of class alpha may run, and wholesaling is one.",
                    .rule = "B/alpha/run",
                    .policy = std::string(policy_digits, 'a')});

audit_entry decision(std::int64_t seq) {
    return {.seq = audit_seq{seq},
            .ts = micros_at(1'700'000'000'000'000 + seq),
            .who = {.name = "operator", .via = actor_via::unix_socket, .uid = 1'000, .gid = 1'000},
            .session = session_id{1},
            .what = events::decided{the_judgement}};
}

/// Records and tables, and nothing that proves them.
class bare_store {
  public:
    explicit bare_store(const std::filesystem::path& database) : db_{schema::connection::open_writer(database)} {
        sqlite3_wal_hook(db_.handle(), &bare_store::on_commit, this);
    }
    void begin() { begin_.run(); }
    void append(const audit_entry& entry) {
        static_cast<void>(log_.encode(entry));
        log_.append(entry, no_hash_);
        tables_.apply(entry);
    }
    void commit() {
        log_.flush();
        commit_.run();
        if (db_.wal_bytes(pages_) >= schema::limits::wal_checkpoint_bytes) {
            sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        }
    }

  private:
    static int on_commit(void* self, sqlite3* /*db*/, const char* /*schema*/, int pages) {
        static_cast<bare_store*>(self)->pages_ = pages;
        return SQLITE_OK;
    }

    schema::connection db_;
    schema::audit_log log_{db_};
    schema::projection tables_{db_};
    schema::statement begin_{db_, "BEGIN IMMEDIATE"};
    schema::statement commit_{db_, "COMMIT"};
    schema::hash256 no_hash_{};
    int pages_ = 0;
};

/// The store of the daemon, and the notary that signs beside it.
class proven_store {
  public:
    explicit proven_store(const std::filesystem::path& database)
        : store_{database},
          signer_{schema::signing_key::generate(),
                  database.parent_path() / "anchor",
                  {"bench.example/1", {0, schema::hasher{}.plain("")}},
                  store_.head(),
                  {},
                  {.on_trouble = [](const std::string& problem) { fmt::print(stderr, "{}\n", problem); },
                   .on_log = [](const signed_checkpoint&) {}}} {
        signer_.start();
    }
    void begin() { store_.begin(); }
    void append(const audit_entry& entry) { store_.append(entry); }
    void commit() {
        store_.commit();
        signer_.committed(store_.head());
        if (store_.wal_bytes() >= schema::limits::wal_checkpoint_bytes) {
            store_.checkpoint();
        }
    }

  private:
    schema::ledger_store store_;
    notary signer_;
};

/// Records per second of one round.
template <class Store>
double measure(Store& store, std::int64_t& seq, int batches, int batch) {
    const auto begin = std::chrono::steady_clock::now();
    for (int b = 0; b < batches; ++b) {
        store.begin();
        for (int i = 0; i < batch; ++i) {
            store.append(decision(++seq));
        }
        store.commit();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return batches * static_cast<double>(batch) / took.count();
}

double median(std::vector<double> figures) {
    std::ranges::sort(figures);
    return figures[figures.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    int rounds = 7;
    int batches = 100;
    int batch = 1'000;
    CLI::App app{"Measures what the tree and signing cost."};
    app.add_option("--rounds", rounds)->check(CLI::PositiveNumber);
    app.add_option("--batches", batches, "Commits per round")->check(CLI::PositiveNumber);
    app.add_option("--batch", batch, "Records per commit")->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);

    const tests::temporary_directory directory;
    std::filesystem::create_directory(directory.path() / "proven");
    bare_store bare{directory.path() / "bare.db"};
    proven_store proven{directory.path() / "proven" / "valhalla.db"};
    std::int64_t bare_seq = 0;
    std::int64_t proven_seq = 0;
    std::vector<double> without;
    std::vector<double> with;
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        without.push_back(measure(bare, bare_seq, batches, batch));
        with.push_back(measure(proven, proven_seq, batches, batch));
        ratios.push_back(with.back() / without.back());
    }
    fmt::print("{} rounds of {} commits of {} records\n", rounds, batches, batch);
    fmt::print("without tree and signing  {:>9.0f} records/s (median)\n", median(without));
    fmt::print("with both                 {:>9.0f} records/s (median)\n", median(with));
    fmt::print("ratio                     {:>9.3f} (median of the rounds' ratios)\n", median(ratios));
    return 0;
}
