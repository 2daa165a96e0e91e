// SPDX-License-Identifier: Apache-2.0
//
// This daemon as a witness of other logs (C2SP tlog-witness): reads what a log asks to have cosigned, checks the log's
// own signature, and cosigns with its own key what the rules let through (governor/decide_witness.cpp). A witness
// stores before it answers, so `cosign` is called for what was committed. I/O thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/governor/command.hpp"
#include "ipc/errors.hpp"
#include "schema/proof/checkpoint.hpp"

namespace valhalla {

class witness {
  public:
    /// Hashes in one request: a consistency proof has at most 63.
    static constexpr std::size_t max_proof_hashes = 63;

    /// Without a key it refuses everything.
    witness(std::optional<schema::signing_key> key, std::string name, std::vector<schema::verifier_key> logs)
        : key_{std::move(key)}, name_{std::move(name)}, logs_{std::move(logs)} {}

    struct request {
        governor::commands::witness_checkpoint command;
        std::string checkpoint_text;  ///< what is cosigned
    };
    /// The body of an add-checkpoint request: form and the log's signature are good in what it returns.
    [[nodiscard]] std::variant<request, ipc::rpc_error> read(std::string_view body) const;

    /// The signature line, newline included. `unix_seconds` is now. Precondition: `read` let a request through.
    [[nodiscard]] std::string cosign(std::string_view checkpoint_text, std::uint64_t unix_seconds) const;
    /// The verifier key of its cosignatures; empty without a key.
    [[nodiscard]] std::string verifier_key() const;
    /// What a daemon without a witness key answers.
    [[nodiscard]] static ipc::rpc_error none();

  private:
    std::optional<schema::signing_key> key_;
    std::string name_;
    std::vector<schema::verifier_key> logs_;
};

}  // namespace valhalla
