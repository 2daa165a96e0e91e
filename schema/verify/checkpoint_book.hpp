// SPDX-License-Identifier: Apache-2.0
//
// The signed checkpoints that a trail is held against: which there are, what the trail's root was at each of their
// sizes, and whether the right key and enough witnesses signed them. Memory depends on their number alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/event.hpp"
#include "schema/proof/checkpoint.hpp"
#include "schema/proof/signed_note.hpp"
#include "schema/verify/report.hpp"

namespace valhalla::verify {

using schema::checkpoint;
using schema::signed_note;
using schema::verifier_key;

/// Whom the auditor trusts.
struct trust {
    std::optional<verifier_key> key{};  ///< from out of band; else the trail names its own
    std::vector<verifier_key> witnesses{};
    std::size_t quorum = 0;  ///< as many different witnesses must have cosigned
};

/// What the trail says of an epoch.
struct stated_epoch {
    audit_seq seq{};
    std::string origin;
    std::string key;
};

struct known_checkpoint {
    std::string file;
    signed_note note;
    checkpoint says;
    bool is_anchor = false;                  ///< which no witness ever sees
    bool newest = false;                     ///< of the trail's present epoch; else it may be of an earlier one
    std::optional<hash256> found{};          ///< the trail's root at that size, once it was reached
    std::optional<stated_epoch> named_by{};  ///< the record that names its origin
};

/// A checkpoint in a signed note; blames `file` when it is none.
[[nodiscard]] known_checkpoint parse_checkpoint(std::string file, std::string_view note);
/// Likewise of the file `anchor` of a state directory.
[[nodiscard]] known_checkpoint parse_anchor(std::string file, std::string_view content);
/// Blames the file unless `key` signed the note and every line of `key` is good.
void check_signature(const known_checkpoint& c, const verifier_key& key);
/// How many of the witnesses cosigned; blames the file for a cosignature of one of them that is bad.
[[nodiscard]] std::size_t count_cosignatures(const known_checkpoint& c, const trust& whom);
/// Blames the file when fewer witnesses than `whom.quorum` cosigned; says in `r` how many did.
void check_quorum(const known_checkpoint& c, const trust& whom, report& r);

class checkpoint_book {
  public:
    explicit checkpoint_book(const trust& whom) : trust_{whom} {}

    /// Before the walk over the trail.
    void add(known_checkpoint c);

    /// The size at which a root is wanted next.
    [[nodiscard]] std::uint64_t next_size() const noexcept { return next_size_; }
    /// The root of the first `next_size()` records.
    void reached(const hash256& root);
    void saw_epoch(const events::epoch_started& e, audit_seq seq);

    /// The newest checkpoint before the first that the walk did not reach with its root, of those that the right key
    /// signed: what is good, whatever else is not. Empty where none is.
    [[nodiscard]] tree_head good_head() const;

    /// After the walk. Throws `bad_evidence`; tells `r` what was checked, with which key, and what could not be.
    void judge(const tree_head& end, report& r) const;

  private:
    [[nodiscard]] verifier_key key_for(const known_checkpoint& c) const;
    void check_against_trail(const known_checkpoint& c, const tree_head& end) const;
    void check_newest_epoch(report& r) const;
    void judge_witnesses(report& r) const;

    const trust& trust_;
    std::vector<known_checkpoint> all_;  ///< by size
    std::size_t next_ = 0;
    std::uint64_t next_size_ = std::numeric_limits<std::uint64_t>::max();
    std::optional<stated_epoch> newest_epoch_;
};

}  // namespace valhalla::verify
