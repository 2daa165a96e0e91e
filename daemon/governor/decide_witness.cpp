// SPDX-License-Identifier: Apache-2.0
//
// A witness cosigns what continues the last tree that it cosigned, and nothing else (C2SP tlog-witness).
#include <string>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/sentence.hpp"
#include "schema/proof/merkle_proof.hpp"

namespace valhalla::governor {

decision decide_on(const state& s, const commands::witness_checkpoint& c, const context& ctx) {
    const auto found = s.witnessed->find(c.origin);
    const bool known = found != s.witnessed->end();
    const auto size = known ? static_cast<std::uint64_t>(found->second.size) : 0;
    if (c.old_size != size) {
        return refusal{.kind = refusal_kind::witness_conflict,
                       .message = join("The proof begins at size ", std::to_string(c.old_size),
                                       ", and the last tree of ", c.origin, " cosigned here has ", std::to_string(size),
                                       " records. Send a proof from there."),
                       .key = "request",
                       .nearest = {},
                       .session = std::nullopt,
                       .known_size = static_cast<std::int64_t>(size)};
    }
    schema::hasher hasher;
    const schema::tree_head before{
        size, known ? schema::hash_of_hex(found->second.root).value_or(schema::hash256{}) : hasher.plain("")};
    if (!schema::verify_consistency(before, c.head, c.proof, hasher)) {
        return refusal{
            .kind = refusal_kind::bad_proof,
            .message = join("The tree of ", std::to_string(c.head.size), " records does not continue the one of ",
                            std::to_string(size), " records cosigned before, or the proof is wrong."),
            .key = "request",
            .nearest = {},
            .session = std::nullopt,
            // Two trees of one size cannot be told apart from a wrong proof otherwise.
            .known_size = c.head.size == size && c.head.root != before.root
                              ? std::optional{static_cast<std::int64_t>(size)}
                              : std::nullopt};
    }
    plan out;
    if (c.head.size > size) {
        out.add(events::checkpoint_witnessed{c.origin,
                                             {static_cast<std::int64_t>(c.head.size), schema::to_hex(c.head.root)}},
                session_of(s, ctx));
    }
    return out;
}

}  // namespace valhalla::governor
