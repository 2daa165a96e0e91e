// SPDX-License-Identifier: Apache-2.0
//
// A trail with every kind of table behind it, signed, in all the forms in which evidence is handed over; and the
// attacker who has the files.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/proof/anchor.hpp"
#include "schema/proof/tlog_proof.hpp"
#include "schema/verify/verify.hpp"
#include "tests/schema/trail_fixture.hpp"
#include "tests/test_key.hpp"

namespace valhalla::tests {

inline constexpr std::int64_t evidence_records = 700;  ///< two full tiles and a partial one
inline constexpr const char* evidence_origin = "valhalla.example/0123";

std::string verifier_text(const schema::signing_key& key, const std::string& name = evidence_origin);

/// A history whose record 2 begins the epoch of `key`. `reason` stands in decision 300, so that two of them differ.
std::vector<audit_entry> signed_history(const schema::signing_key& key, const std::string& reason = "because");

struct evidence_fixture : store_fixture {
    explicit evidence_fixture(unsigned char key_seed = 1, const std::string& reason = "because",
                              std::int64_t records = evidence_records);
    using history_of = std::function<std::vector<audit_entry>(const schema::signing_key&)>;
    evidence_fixture(schema::signing_key signer, const history_of& entries);

    schema::signing_key key;
    std::vector<std::string> records;
    std::vector<schema::hash256> leaves;

    [[nodiscard]] std::filesystem::path dir() const { return directory_.path(); }
    [[nodiscard]] schema::checkpoint at(std::uint64_t size) const;
    /// The signed note of the first `size` records.
    [[nodiscard]] std::string note(std::uint64_t size) const { return sign_checkpoint(at(size), key); }
    /// What a state directory holds of the same.
    [[nodiscard]] std::string anchor(std::uint64_t size) const { return sign_anchor(at(size), key); }
    [[nodiscard]] schema::tlog_proof proof(std::int64_t seq, std::uint64_t size) const;

    /// Each returns where it is.
    std::filesystem::path put(const std::string& name, std::string_view content) const;
    std::filesystem::path put_anchor(std::uint64_t size = evidence_records) const {
        return put("anchor", anchor(size));
    }
    std::filesystem::path put_export(bool with_checkpoint = true) const;
    std::filesystem::path put_tiles() const;
    std::filesystem::path put_bundle(std::int64_t session) const;
    std::filesystem::path put_log() const;

    /// With the file in his hands, triggers are no obstacle.
    void attack(const std::string& sql) const;
};

/// What `check` expects of a failure.
struct expected_problem {
    std::optional<std::int64_t> record{};
    std::string table{};
    std::string file{};
    std::string said{};
};

void check_verified(const verify::request& what);
void check_failed(const verify::request& what, const expected_problem& expected);
void check_refused(const verify::request& what, verify::outcome how, const std::string& said);

/// Whether one of `sentences` holds `words`.
bool says(const std::vector<std::string>& sentences, const std::string& words);

/// Replaces the first `from`, which must be there.
void edit(const std::filesystem::path& file, const std::string& from, const std::string& to);
void flip_bit(const std::filesystem::path& file, std::size_t byte);

}  // namespace valhalla::tests
