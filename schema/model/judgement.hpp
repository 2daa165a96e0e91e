// SPDX-License-Identifier: Apache-2.0
//
// The answer to "may this engine do this action in this band?". The same question gets the same answer for as long as
// a policy stands, so an answer is made once, with its JSON, and shared by every record and every reply that gives it.
//
// A record points to the policy by the beginning of its digest: the newest POLICY_LOADED before it has all of it, and
// decisions are most of every trail.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "schema/model/cone.hpp"

namespace valhalla {

/// Of the 64 hex digits of a policy's SHA-256, those that a decision's record has.
inline constexpr std::size_t policy_digits = 16;

[[nodiscard]] inline std::string_view shortened_digest(std::string_view sha256) noexcept {
    return sha256.substr(0, policy_digits);
}
/// Whether a decision's `policy` means the policy with this digest: by its beginning, or, in records of old, by all of
/// it.
[[nodiscard]] inline bool means_policy(std::string_view policy, std::string_view sha256) noexcept {
    return policy == shortened_digest(sha256) || policy == sha256;
}

/// What is said.
struct judged {
    bool allowed = false;
    band in_band{};
    std::string engine;
    std::string action;
    std::string reason;  ///< a sentence
    std::string rule;    ///< e.g. `A/boring/run`: the cell of the action matrix
    std::string policy;  ///< `shortened_digest` of the canon; in records of old the whole digest
    friend bool operator==(const judged&, const judged&) = default;
};

class judgement {
  public:
    explicit judgement(judged what);

    [[nodiscard]] const judged& said() const noexcept { return said_; }
    /// The members that a record's payload and a reply have in common, all but `policy`, without braces around them.
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
