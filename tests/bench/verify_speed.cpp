// SPDX-License-Identifier: Apache-2.0
//
// valhalla-bench-verify: how fast a database of decisions is verified, and how much memory that takes. The database is
// what a daemon leaves behind, with an anchor beside it, and what is measured is what `valhalla-verify STATE` does.
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/policy_file.hpp"
#include "schema/atomic_file.hpp"
#include "schema/ledger_store.hpp"
#include "schema/proof/anchor.hpp"
#include "schema/proof/signed_note.hpp"
#include "schema/verify/verify.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

constexpr std::int64_t records_per_commit = 10'000;
constexpr std::int64_t operators = 7;
constexpr const char* origin = "bench.example/1";

/// Decisions as the governor makes them, in the sessions of seven operators, each of whom asks about every action of
/// every engine in turn; about a third is denied.
class trail {
  public:
    trail(const std::filesystem::path& database, const schema::signing_key& key) : store_{database} {
        const schema::verifier_key verifier{
            .name = origin, .algorithm = schema::note_algorithm::ed25519, .key = key.public_key()};
        store_.begin();
        append({}, events::database_created{"0123456789abcdef0123456789abcdef",
                                            {band::caution, "default", micros_at(1'700'000'000'000'000), "{}"}});
        append({}, events::epoch_started{origin, verifier.text(), "first start", std::nullopt});
        append({}, events::policy_loaded{rules_->sha256, rules_->source});
        for (std::int64_t who = 1; who <= operators; ++who) {
            append(session_id{who}, events::session_started{.id = session_id{who},
                                                            .operator_name = name_of(who),
                                                            .started_at = next_time(),
                                                            .cone_band = band::caution,
                                                            .status = health_level::green,
                                                            .notes = std::nullopt,
                                                            .snapshot_json = R"({"cone":{},"status":{}})"});
        }
    }

    /// Returns the bytes of a record, on average.
    std::size_t fill(std::int64_t records, bool folding) {
        std::size_t bytes = 0;
        const auto first = seq_;
        while (seq_ < records) {
            bytes += folding
                         ? append({}, events::cone_changed{{band::caution, "measured", next_time(), R"({"wind":0.3})"}})
                         : append(session_id{seq_ % operators + 1}, events::decided{next_judgement()});
            if (seq_ % records_per_commit == 0) {
                store_.commit();
                store_.checkpoint();
                store_.begin();
            }
        }
        store_.commit();
        store_.checkpoint();
        return bytes / static_cast<std::size_t>(seq_ - first);
    }

    [[nodiscard]] schema::tree_head head() const { return store_.head(); }

  private:
    static std::string name_of(std::int64_t who) { return "operator-" + std::to_string(who); }
    [[nodiscard]] unix_micros next_time() const { return micros_at(1'700'000'000'000'000 + (seq_ + 1) * 137); }

    std::size_t append(std::optional<session_id> session, event what) {
        ++seq_;
        actor who{.name = "valhallad", .via = actor_via::daemon, .uid = {}, .gid = {}};
        if (session) {
            who = {.name = name_of(raw(*session)), .via = actor_via::unix_socket, .uid = 1000, .gid = 1000};
        }
        return store_
            .append({.seq = audit_seq{seq_},
                     .ts = micros_at(1'700'000'000'000'000 + seq_ * 137),
                     .who = std::move(who),
                     .session = session,
                     .what = std::move(what)})
            .size();
    }

    std::shared_ptr<const judgement> next_judgement() {
        const auto n = static_cast<std::size_t>(seq_);
        const auto& engine = rules_->engines.at(n % rules_->engines.size()).name;
        const auto& action = rules_->actions.at(n / rules_->engines.size() % rules_->actions.size());
        return std::get<governor::verdict>(governor::judge(*rules_, band::caution, engine, action)).what;
    }

    schema::ledger_store store_;
    std::shared_ptr<const governor::canon> rules_ = built_in_canon();
    std::int64_t seq_ = 0;
};

/// Of this process: what else the machine does meanwhile does not count.
double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::size_t make_state(const std::filesystem::path& state, std::int64_t records, bool folding) {
    const auto key = schema::signing_key::generate();
    trail made{state / "valhalla.db", key};
    const auto bytes = made.fill(records, folding);
    schema::replace_file(state / "anchor", sign_anchor({.origin = origin, .head = made.head()}, key));
    return bytes;
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
    const tests::temporary_directory directory;
    const auto bytes = make_state(directory.path(), records, folding);
    for (int run = 0; run < runs; ++run) {
        const auto start = std::chrono::steady_clock::now();
        const auto cpu_start = cpu_seconds();
        const auto found = verify::verify_evidence({.path = directory.path().string()});
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        const auto cpu = cpu_seconds() - cpu_start;
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        const auto done = static_cast<double>(found.head.size);
        fmt::print(
            "{} records of {} bytes: {:.3f} s, {:.0f} records/s; CPU {:.3f} s, {:.0f} records/s; peak {} KiB, {}\n",
            found.head.size, bytes, took.count(), done / took.count(), cpu, done / cpu, used.ru_maxrss,
            found.what ? found.what->message : "verified");
    }
    return 0;
}
