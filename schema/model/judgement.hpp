// SPDX-License-Identifier: Apache-2.0
//
// The answer to "may this engine do this action in this band?". The same question gets the same answer for as long as
// a policy stands, so an answer is made once, with its JSON, and shared by every record and every reply that gives it.
#pragma once

#include <memory>
#include <string>

#include "schema/model/cone.hpp"

namespace valhalla {

/// What is said.
struct judged {
    bool allowed = false;
    band in_band{};
    std::string engine;
    std::string action;
    std::string reason;  ///< a sentence
    std::string rule;    ///< e.g. `A/boring/run`: the cell of the action matrix
    std::string policy;  ///< SHA-256 of the canon, hex
    friend bool operator==(const judged&, const judged&) = default;
};

class judgement {
  public:
    explicit judgement(judged what);

    [[nodiscard]] const judged& said() const noexcept { return said_; }
    /// The members as they stand in a record's payload and in a reply, without the braces around them.
    [[nodiscard]] const std::string& json_members() const noexcept { return json_members_; }

    friend bool operator==(const judgement& a, const judgement& b) noexcept { return a.said_ == b.said_; }

  private:
    judged said_;
    std::string json_members_;
};

[[nodiscard]] inline std::shared_ptr<const judgement> make_judgement(judged what) {
    return std::make_shared<const judgement>(std::move(what));
}

}  // namespace valhalla
