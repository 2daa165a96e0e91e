// SPDX-License-Identifier: Apache-2.0
//
// valhalla-bench-fill: a database with a long trail, such as a daemon leaves behind after years: operators work in
// sessions side by side and ask about every action of many engines, some of which is denied. Prints one line of JSON.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "schema/ledger_store.hpp"
#include "schema/model/session_tally.hpp"

using namespace valhalla;

namespace {

constexpr std::int64_t records_per_commit = 10'000;
constexpr std::int64_t records_per_session_change = 4'000;
constexpr std::int64_t first_us = 1'700'000'000'000'000;
constexpr std::int64_t step_us = 1'000'000;  // a decision a second
constexpr std::size_t operators = 40;
const std::string policy(64, 'a');

constexpr std::array engines{"wholesaling",  "buy_and_hold", "fixnflip",  "arbitrage",
                             "foreclosures", "notes",        "rentals_1", "rentals_2"};
constexpr std::array actions{"optimize", "scale", "run", "pause", "experiment"};

/// The same numbers in every run, so that two databases of one size are the same.
class sequence {
  public:
    std::size_t below(std::size_t bound) {
        state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return (state_ >> 33U) % bound;
    }

  private:
    std::uint64_t state_ = 1;
};

class trail {
  public:
    explicit trail(const std::filesystem::path& database) : store_{database} {}

    std::int64_t fill(std::int64_t records) {
        store_.begin();
        append({.name = "valhallad", .via = actor_via::daemon, .uid = {}, .gid = {}}, {},
               events::database_created{"0123456789abcdef0123456789abcdef",
                                        {band::caution, "default", micros_at(first_us), "{}"}});
        append({.name = "valhallad", .via = actor_via::daemon, .uid = {}, .gid = {}}, {},
               events::policy_loaded{policy, "built-in"});
        for (std::size_t who = 0; who < operators; ++who) {
            start_session(who);
        }
        while (seq_ < records - static_cast<std::int64_t>(operators)) {
            if (seq_ % records_per_session_change == 0) {
                change_session();
            }
            decide();
            if (seq_ / records_per_commit != committed_ / records_per_commit) {
                commit();
                store_.begin();
            }
        }
        // Nobody is left at work: a session that runs for years would be a reason for concern.
        for (std::size_t who = 0; who < operators; ++who) {
            end_session(who);
        }
        commit();
        return seq_;
    }

  private:
    void append(actor who, std::optional<session_id> of, event what) {
        ++seq_;
        const audit_entry entry{.seq = audit_seq{seq_},
                                .ts = micros_at(first_us + seq_ * step_us),
                                .who = std::move(who),
                                .session = of,
                                .what = std::move(what)};
        store_.append(entry);
        tally_.take(entry);
    }
    void commit() {
        store_.commit();
        store_.checkpoint();
        committed_ = seq_;
    }

    static std::string name_of(std::size_t who) { return fmt::format("operator-{:02}", who); }
    static actor person(std::size_t who) {
        const auto id = static_cast<std::uint32_t>(1'000 + who);
        return {.name = name_of(who), .via = actor_via::unix_socket, .uid = id, .gid = id};
    }

    void start_session(std::size_t who) {
        const session_id id{++sessions_};
        active_.at(who) = id;
        const auto now = micros_at(first_us + (seq_ + 1) * step_us);
        append(person(who), id,
               events::session_started{.id = id,
                                       .operator_name = name_of(who),
                                       .started_at = now,
                                       .cone_band = band::caution,
                                       .status = health_level::green,
                                       .notes = "weekly review",
                                       .snapshot_json = R"({"cone":{"band":"B","reason":"default","updated_at_utc":)"
                                                        R"("2023-11-14T22:13:20.000000Z","metrics":{}},)"
                                                        R"("status":{"status":"green","reasons":[]}})"});
    }
    void end_session(std::size_t who) {
        append(person(who), active_.at(who),
               events::session_ended{.id = active_.at(who),
                                     .operator_name = name_of(who),
                                     .ended_at = micros_at(first_us + (seq_ + 1) * step_us),
                                     .notes = "all done",
                                     .reason = end_reason::ended,
                                     .records = tally_.records_of(active_.at(who)).value() + 1});
    }
    /// The operators end one session and start the next in turn.
    void change_session() {
        const auto who = static_cast<std::size_t>(seq_ / records_per_session_change) % operators;
        end_session(who);
        start_session(who);
    }
    void decide() {
        const auto who = chance_.below(operators);
        const std::string action = actions.at(chance_.below(actions.size()));
        const bool allowed = action != "scale";
        append(person(who), active_.at(who),
               events::decided{
                   make_judgement({.allowed = allowed,
                                   .in_band = band::caution,
                                   .engine = engines.at(chance_.below(engines.size())),
                                   .action = action,
                                   .reason = allowed ? "In band B (caution) engines of class boring may do this."
                                                     : "In band B (caution) no engine may scale.",
                                   .rule = "B/boring/" + action,
                                   .policy = std::string{shortened_digest(policy)}})});
    }

    schema::ledger_store store_;
    sequence chance_;
    std::array<session_id, operators> active_{};
    session_tally tally_;
    std::int64_t sessions_ = 0;
    std::int64_t seq_ = 0;
    std::int64_t committed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    std::filesystem::path database;
    std::int64_t records = 1'000'000;
    CLI::App app{"Makes a database with a long trail of decisions."};
    app.add_option("--database", database, "File to create")->required()->check(CLI::NonexistentPath);
    app.add_option("--records", records, "Records in it")->check(CLI::Range(1'000, 1'000'000'000));
    CLI11_PARSE(app, argc, argv);
    try {
        fmt::print("{{\"records\":{}}}\n", trail{database}.fill(records));
    } catch (const std::exception& e) {
        fmt::print(stderr, "valhalla-bench-fill: {}\n", e.what());
        return 1;
    }
    return 0;
}
