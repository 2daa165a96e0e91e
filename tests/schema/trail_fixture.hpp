// SPDX-License-Identifier: Apache-2.0
//
// For tests of the database: entries that follow each other as the governor's do, and a store to put them in.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/ledger_store.hpp"
#include "schema/model/session_tally.hpp"
#include "tests/schema/model_samples.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {

/// Gives out entries in order, one second apart.
class history {
  public:
    explicit history(audit_seq next = audit_seq{1}) : next_{next} {}

    audit_entry entry(event what, std::optional<session_id> session = std::nullopt, std::string actor = "anna");
    audit_entry created();
    audit_entry started(std::int64_t id, const std::string& operator_name = "anna");
    audit_entry ended(std::int64_t id, const std::string& operator_name = "anna");
    audit_entry noted(std::int64_t id, std::string text);
    /// By the policy that was loaded last, or else by one of digest aaa….
    audit_entry decision(bool allowed, std::optional<session_id> session = std::nullopt, std::string actor = "anna");
    audit_entry foreign(const std::string& name, std::string actor = "anna");

    /// The time of the record with this number.
    [[nodiscard]] static unix_micros time_of(std::int64_t seq) {
        return micros_at(1'700'000'000'000'000 + seq * 1'000'000);
    }

    [[nodiscard]] unix_micros next_time() const { return time_of(raw(next_)); }

  private:
    audit_seq next_;
    session_tally tally_;
    std::string policy_ = std::string(64, 'a');
};

/// A session as an import brings it.
session past_session(std::int64_t id, const std::string& operator_name, bool active);

/// Random, but possible: sessions that start before they end, one active per operator; every kind of event.
std::vector<audit_entry> random_history(std::uint64_t seed, std::size_t records);

/// A database of its own in a directory of its own.
struct store_fixture {
    tests::temporary_directory directory_;
    std::filesystem::path path = directory_.path() / "valhalla.db";

    /// Opens the store, appends in one transaction, closes it.
    void write(const std::vector<audit_entry>& entries) const;
    static void append(schema::ledger_store& store, const std::vector<audit_entry>& entries);
    /// Rows of `table` by a connection that is not ours.
    [[nodiscard]] std::int64_t count(const std::string& table) const;
    [[nodiscard]] std::string query(const std::string& sql) const;
    void tamper(const std::string& sql) const;
    /// Rewrites the trail with one record a row, so that whoever tampers can name each by its seq.
    void split_rows() const;
    /// The same as `tamper`, as an attacker with the file would: triggers are no obstacle.
    void attack(const std::string& sql) const;
};

}  // namespace valhalla::tests
