// SPDX-License-Identifier: Apache-2.0
#include "daemon/trail_guard.hpp"

#include <fmt/format.h>

#include "schema/proof/anchor.hpp"

namespace valhalla {

namespace {

schema::verifier_key public_half(const std::string& origin, const schema::signing_key& key) {
    return {.name = origin, .algorithm = schema::note_algorithm::ed25519, .key = key.public_key()};
}

trail_verdict misfit(std::string sentence) {
    return {.misfit = std::move(sentence), .anchored = std::nullopt};
}

/// What a file in the anchor's place is instead.
std::string no_anchor(const std::string& file) {
    const auto note = schema::signed_note::parse(file);
    return note && schema::checkpoint::parse(note->text)
               ? "what lies in the place of the anchor is a checkpoint, which anybody may have"
               : "what lies in the place of the anchor is not one";
}

/// Nothing was signed in this trail yet, so there is nothing to continue.
trail_verdict examine_unsigned(const trail_evidence& found, const std::optional<schema::checkpoint>& anchor) {
    if (!found.anchor || (anchor && anchor->head.size == 0)) {
        return {};  // an empty anchor is left by a first start that was cut short
    }
    if (!anchor) {
        return misfit(fmt::format("{}, and the trail says nothing of one", no_anchor(*found.anchor)));
    }
    return misfit(fmt::format("the anchor vouches for {} records of {}, and the database has {} and never signed any",
                              anchor->head.size, anchor->origin, found.head.size));
}

std::optional<std::string> problem_with_key(const trail_evidence& found, const epoch& e) {
    if (found.key == nullptr) {
        return "the signing key is gone";
    }
    const auto own = public_half(e.origin, *found.key).text();
    if (own != e.verifier_key) {
        return fmt::format("the signing key is another one: the trail names {}, the key is {}", e.verifier_key, own);
    }
    return std::nullopt;
}

}  // namespace

trail_verdict examine_trail(const trail_evidence& found) {
    const auto file = found.anchor ? schema::anchor::parse(*found.anchor) : std::nullopt;
    const auto anchor = file ? std::optional{file->says} : std::nullopt;
    if (!found.recorded) {
        return examine_unsigned(found, anchor);
    }
    const auto& e = *found.recorded;
    if (const auto problem = problem_with_key(found, e)) {
        return misfit(*problem);
    }
    if (!found.anchor) {
        return misfit("the anchor is gone");
    }
    if (!anchor) {
        return misfit(no_anchor(*found.anchor));
    }
    if (anchor->origin != e.origin) {
        return misfit(
            fmt::format("the anchor is of another trail: it says {}, the database {}", anchor->origin, e.origin));
    }
    if (schema::check_note(file->note, public_half(e.origin, *found.key)) != schema::note_verdict::signed_by_key) {
        return misfit("the anchor's signature is not good");
    }
    if (anchor->head.size > found.head.size) {
        return misfit(fmt::format("the database is older than the anchor: it has {} records where {} were signed",
                                  found.head.size, anchor->head.size));
    }
    if (found.root_at(anchor->head.size) != anchor->head.root) {
        return misfit(fmt::format("the first {} records are not those that were signed", anchor->head.size));
    }
    return {.misfit = {}, .anchored = anchor};
}

std::string new_origin(const std::string& prefix, const std::string& instance, bool first, const std::string& chance) {
    return first ? fmt::format("{}/{}", prefix, instance) : fmt::format("{}/{}/{}", prefix, instance, chance);
}

}  // namespace valhalla
