// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/checkpoint_book.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "schema/proof/anchor.hpp"

namespace valhalla::verify {

using schema::note_verdict;

known_checkpoint parse_checkpoint(std::string file, std::string_view note) {
    auto parsed = signed_note::parse(note);
    if (!parsed) {
        blame_file(std::move(file), "is not a signed note");
    }
    auto says = checkpoint::parse(parsed->text);
    if (!says) {
        blame_file(std::move(file), "is not a checkpoint: origin, size and root, and no other lines");
    }
    return {.file = std::move(file), .note = *std::move(parsed), .says = *std::move(says)};
}

known_checkpoint parse_anchor(std::string file, std::string_view content) {
    auto parsed = schema::anchor::parse(content);
    if (!parsed) {
        const auto note = signed_note::parse(content);
        blame_file(std::move(file), note && checkpoint::parse(note->text)
                                        ? "is a checkpoint, which anybody may have put there, and not an anchor"
                                        : "is not an anchor of this program");
    }
    return {.file = std::move(file),
            .note = std::move(parsed->note),
            .says = std::move(parsed->says),
            .is_anchor = true,
            .newest = true};
}

void check_signature(const known_checkpoint& c, const verifier_key& key) {
    if (c.says.origin != key.name) {
        blame_file(c.file, fmt::format("is of the origin {}, not of {}", c.says.origin, key.name));
    }
    switch (check_note(c.note, key)) {
        case note_verdict::signed_by_key: return;
        case note_verdict::not_signed: blame_file(c.file, fmt::format("is not signed by the key {}", key.text()));
        case note_verdict::bad_signature:
            blame_file(c.file, fmt::format("carries a signature of {} that is not good", key.text()));
    }
}

std::size_t count_cosignatures(const known_checkpoint& c, const trust& whom) {
    std::size_t count = 0;
    for (const auto& witness : whom.witnesses) {
        const auto id = witness.id();
        bool cosigned = false;
        for (const auto& line : c.note.signatures) {
            if (line.key_id != id || line.name != witness.name) {
                continue;
            }
            if (!cosigned_at({.text = c.note.text, .signatures = {line}}, witness)) {
                blame_file(c.file, fmt::format("carries a cosignature of {} that is not good", witness.name));
            }
            cosigned = true;
        }
        count += cosigned ? 1U : 0U;
    }
    return count;
}

void check_quorum(const known_checkpoint& c, const trust& whom, report& r) {
    if (whom.witnesses.empty()) {
        return;
    }
    const auto count = count_cosignatures(c, whom);
    const auto said =
        fmt::format("{} of {} witnesses cosigned {} (size {})", count, whom.witnesses.size(), c.file, c.says.head.size);
    if (count < whom.quorum) {
        blame_file(c.file, fmt::format("{}; {} are asked for", said, whom.quorum));
    }
    r.checked.push_back(said);
}

void checkpoint_book::add(known_checkpoint c) {
    const auto at = std::ranges::upper_bound(all_, c.says.head.size, {},
                                             [](const known_checkpoint& k) { return k.says.head.size; });
    all_.insert(at, std::move(c));
    next_size_ = all_.front().says.head.size;
}

void checkpoint_book::reached(const hash256& root) {
    for (; next_ < all_.size() && all_[next_].says.head.size == next_size_; ++next_) {
        all_[next_].found = root;
    }
    next_size_ = next_ < all_.size() ? all_[next_].says.head.size : std::numeric_limits<std::uint64_t>::max();
}

void checkpoint_book::saw_epoch(const events::epoch_started& e, audit_seq seq) {
    newest_epoch_ = {seq, e.origin, e.key};
    for (auto& c : all_) {
        if (c.says.origin == e.origin) {
            c.named_by = newest_epoch_;
        }
    }
}

verifier_key checkpoint_book::key_for(const known_checkpoint& c) const {
    if (trust_.key && (c.newest || trust_.key->name == c.says.origin)) {
        return *trust_.key;
    }
    const auto& named = c.newest ? newest_epoch_ : c.named_by;
    if (!named) {
        blame_file(c.file, fmt::format("is of the origin {}, and no record of the trail names a key for {}",
                                       c.says.origin, c.newest ? "its checkpoints: give --key" : "it"));
    }
    const auto key = verifier_key::parse(named->key);
    if (!key || key->name != named->origin) {
        blame_record(named->seq, fmt::format("record {}: it names \"{}\" as the key of {}, which is none",
                                             raw(named->seq), named->key, named->origin));
    }
    return *key;
}

tree_head checkpoint_book::good_head() const {
    tree_head good;
    for (const auto& c : all_) {
        try {
            check_signature(c, key_for(c));
        } catch (const bad_evidence&) {
            continue;  // what nobody signed vouches for nothing
        }
        if (c.found != c.says.head.root) {
            break;  // and nothing beyond it is good, whatever later ones say
        }
        good = c.says.head;
    }
    return good;
}

void checkpoint_book::check_against_trail(const known_checkpoint& c, const tree_head& end) const {
    if (c.says.head.size > end.size) {
        blame_file(c.file, fmt::format("speaks of {} records, and the trail holds {}: records were cut off at its end, "
                                       "or an older copy took its place",
                                       c.says.head.size, end.size));
    }
    if (c.found == c.says.head.root) {
        return;
    }
    blame_file(c.file,
               fmt::format("the first {} records are not those that it was signed for (root {}, the trail's is "
                           "{}); the difference lies in records {} to {}",
                           c.says.head.size, schema::to_hex(c.says.head.root),
                           schema::to_hex(c.found.value_or(hash256{})), good_head().size + 1, c.says.head.size));
}

/// The trail must not speak of a later epoch, with another key, than the one that the auditor knows.
void checkpoint_book::check_newest_epoch(report& r) const {
    if (trust_.key) {
        r.key = trust_.key->text();
        if (newest_epoch_ && newest_epoch_->key != r.key) {
            blame_record(newest_epoch_->seq,
                         fmt::format("record {}: it begins the epoch {} with the key {}, which is not the one given",
                                     raw(newest_epoch_->seq), newest_epoch_->origin, newest_epoch_->key));
        }
    } else if (newest_epoch_ && !all_.empty()) {
        r.key = newest_epoch_->key;
        r.key_from_trail = true;
    }
}

/// One checkpoint with enough witnesses is enough, and the newest says most.
void checkpoint_book::judge_witnesses(report& r) const {
    if (trust_.witnesses.empty() || all_.empty()) {
        return;
    }
    for (const auto& c : all_ | std::views::reverse) {
        if (!c.is_anchor && count_cosignatures(c, trust_) >= trust_.quorum) {
            return check_quorum(c, trust_, r);
        }
    }
    const auto shown = std::ranges::find(all_ | std::views::reverse, false, &known_checkpoint::is_anchor);
    check_quorum(shown == all_.rend() ? all_.back() : *shown, trust_, r);
}

void checkpoint_book::judge(const tree_head& end, report& r) const {
    for (const auto& c : all_) {
        check_signature(c, key_for(c));
        check_against_trail(c, end);
        const bool by_trail = !trust_.key || trust_.key->name != c.says.origin;
        r.checked.push_back(fmt::format("{}: signed, and a prefix of this trail (size {}){}", c.file, c.says.head.size,
                                        by_trail && c.named_by
                                            ? fmt::format(", by the key that record {} names", raw(c.named_by->seq))
                                            : std::string{}));
    }
    check_newest_epoch(r);
    if (all_.empty()) {
        if (trust_.key || trust_.quorum > 0) {
            blame_file({}, "no signed checkpoint is here: give one with --checkpoint");
        }
        r.not_checked.emplace_back(
            "no signed checkpoint is here: records that were cut off at the end, or a trail that was written anew, "
            "cannot be told from the real one; give --checkpoint");
        return;
    }
    judge_witnesses(r);
    if (const auto covered = all_.back().says.head.size; covered < end.size) {
        r.not_checked.push_back(fmt::format(
            "not signed by anyone: records {} to {} are newer than the newest checkpoint; whether more were cut off "
            "behind them cannot be told",
            covered + 1, end.size));
    }
}

}  // namespace valhalla::verify
