// SPDX-License-Identifier: Apache-2.0
//
// What a verification found, as a value, for people and for programs. And how the parts of a verification give up: by
// exceptions that never leave schema/verify.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/model/ids.hpp"
#include "schema/model/time.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::verify {

using schema::hash256;
using schema::tree_head;

/// Exit codes of the program.
enum class outcome : std::uint8_t { verified = 0, unreadable = 1, wrong_usage = 3, failed = 5 };

/// The first thing that is wrong. Of the three places those are named that are to blame.
struct problem {
    std::optional<audit_seq> record{};
    std::string table{};
    std::string file{};
    std::string message{};  ///< a sentence
};

struct report {
    outcome result = outcome::verified;
    std::string kind{};  ///< "database", "export", "tiles", "proof", "session bundle", "log"
    std::string path{};
    tree_head head{};  ///< over the records that are known to be good; of a proof, what its checkpoint says
    std::optional<unix_micros> first_ts{};
    std::optional<unix_micros> last_ts{};
    std::string key{};  ///< verifier key; empty when no signature was checked
    bool key_from_trail = false;
    std::vector<std::string> checked{};      ///< sentences
    std::vector<std::string> not_checked{};  ///< what could not be checked, and why
    std::optional<std::string> record{};     ///< of a proof
    std::optional<problem> what{};

    /// A few plain lines. Nothing out of the evidence acts on a terminal.
    [[nodiscard]] std::string text() const;
    /// One object, one line, as harmless.
    [[nodiscard]] std::string json() const;
};

/// Thrown when the evidence is not what it must be.
struct bad_evidence {
    problem what;
};
/// Thrown when there is nothing to judge: no such file, not ours, I/O errors.
struct unreadable {
    std::string message;
};
struct wrong_usage {
    std::string message;
};

[[noreturn]] inline void blame_record(audit_seq seq, const std::string& message) {
    throw bad_evidence{{.record = seq, .table = {}, .file = {}, .message = message}};
}
[[noreturn]] inline void blame_table(std::string table, std::string message) {
    throw bad_evidence{{.record = {}, .table = std::move(table), .file = {}, .message = std::move(message)}};
}
[[noreturn]] inline void blame_file(std::string file, std::string message) {
    throw bad_evidence{{.record = {}, .table = {}, .file = std::move(file), .message = std::move(message)}};
}

}  // namespace valhalla::verify
