// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/proof.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "schema/model/event_names.hpp"
#include "schema/model/record_scan.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/proof/tlog_proof.hpp"
#include "schema/verify/text_trail.hpp"

namespace valhalla::verify {

namespace fs = std::filesystem;
using schema::tlog_proof;

namespace {

/// A record in base64, 64 hashes, and a note with many signatures, bytes.
constexpr std::size_t proof_bytes = std::size_t{256} * 1024;
constexpr std::string_view proof_suffix = ".tlog-proof";

/// A record that a checkpoint includes.
struct proven_record {
    known_checkpoint under;
    std::string record;
    audit_entry entry;
};

audit_entry decoded(const std::string& file, const std::string& record, std::uint64_t index) {
    auto result = decode_record(record);
    if (const auto* error = std::get_if<record_error>(&result)) {
        blame_file(file, fmt::format("the record is none: {}: {}", error->key, error->message));
    }
    auto& entry = std::get<audit_entry>(result);
    if (!scan_record(record)) {
        blame_file(file, "the record is not in the form in which records are written");
    }
    if (static_cast<std::uint64_t>(raw(entry.seq)) != index + 1) {
        throw bad_evidence{{.record = entry.seq,
                            .table = {},
                            .file = file,
                            .message = fmt::format("record {} stands at index {} of the tree", raw(entry.seq), index)}};
    }
    return std::move(entry);
}

/// Everything but the signature.
proven_record check_inclusion(const std::string& file, std::string_view text) {
    const auto proof = tlog_proof::parse(text);
    if (!proof) {
        blame_file(file, "is not a proof file (c2sp.org/tlog-proof@v1)");
    }
    auto under = parse_checkpoint(file, proof->checkpoint);
    if (!proof->extra) {
        blame_file(file, "carries no record (line `extra`), so that there is nothing to prove");
    }
    std::string record(proof->extra->size(), '\0');
    std::ranges::transform(*proof->extra, record.begin(), [](std::byte b) { return static_cast<char>(b); });
    schema::hasher h;
    if (!verify_inclusion(proof->index, h.leaf(record), under.says.head, proof->hashes, h)) {
        blame_file(file, fmt::format("does not prove that its record is number {} of the {} that its checkpoint "
                                     "speaks of",
                                     proof->index + 1, under.says.head.size));
    }
    auto entry = decoded(file, record, proof->index);
    return {std::move(under), std::move(record), std::move(entry)};
}

/// Without the records, two checkpoints can be compared only at the same size.
void compare(const known_checkpoint& c, const trust& whom, const std::vector<known_checkpoint>& others, report& r) {
    for (const auto& other : others) {
        check_signature(other, *whom.key);
        if (other.says.head.size != c.says.head.size) {
            r.not_checked.push_back(
                fmt::format("that {} and {} are of one history: that needs the records, or a consistency proof",
                            other.file, c.file));
        } else if (other.says.head.root != c.says.head.root) {
            blame_file(c.file, fmt::format("is signed for another history than {}: both have {} records, and the roots "
                                           "differ",
                                           other.file, c.says.head.size));
        }
    }
}

void tell_checkpoint(const known_checkpoint& c, const trust& whom, const std::vector<known_checkpoint>& others,
                     report& r) {
    check_signature(c, *whom.key);
    r.key = whom.key->text();
    r.head = c.says.head;
    compare(c, whom, others, r);
    check_quorum(c, whom, r);
}

/// `17` for `17.tlog-proof`; nothing for other files.
std::optional<std::int64_t> seq_of(const std::string& name) {
    if (!name.ends_with(proof_suffix)) {
        return std::nullopt;
    }
    const auto digits = name.substr(0, name.size() - proof_suffix.size());
    std::int64_t seq = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    if (seq <= 0 || std::to_string(seq) != digits) {
        blame_file(name, "is not named after the number of a record");
    }
    return seq;
}

std::vector<std::int64_t> proofs_in(const fs::path& directory, report& r) {
    std::vector<std::int64_t> seqs;
    std::size_t others = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{directory, error}) {
        const auto name = entry.path().filename().string();
        if (const auto seq = seq_of(name)) {
            seqs.push_back(*seq);
        } else {
            others += name == "checkpoint" ? 0U : 1U;
        }
    }
    if (error) {
        throw unreadable{fmt::format("{} cannot be read: {}", directory.string(), error.message())};
    }
    if (others > 0) {
        r.not_checked.push_back(fmt::format("{} more in the directory, which are no proofs", others));
    }
    std::ranges::sort(seqs);
    return seqs;
}

/// What one bundle is about, grown record by record.
class session_walk {
  public:
    session_walk(const known_checkpoint& under, const trust& whom) : under_{under}, whom_{whom} {}

    void add(const std::string& file, std::int64_t seq, const proven_record& p) {
        const auto blame = [&](const std::string& what) {
            throw bad_evidence{{.record = audit_seq{seq}, .table = {}, .file = file, .message = what}};
        };
        if (raw(p.entry.seq) != seq) {
            blame(fmt::format("holds record {}", raw(p.entry.seq)));
        }
        if (p.under.note.text != under_.note.text) {
            blame("is a proof for another checkpoint than the one beside it");
        }
        check_signature(p.under, *whom_.key);
        if (!p.entry.session || (count_ > 0 && session_ != *p.entry.session)) {
            blame(fmt::format("record {} is of {}, not of the session of the others", seq,
                              p.entry.session ? fmt::format("session {}", raw(*p.entry.session)) : "no session"));
        }
        if (end_) {
            blame(fmt::format("record {} is of session {}, which ended with record {}", seq, raw(session_), last_));
        }
        if (count_ > 0 && p.entry.ts < last_ts_) {
            blame(fmt::format("record {} is older than the one before it", seq));
        }
        session_ = *p.entry.session;
        first_ = count_ == 0 ? seq : first_;
        first_ts_ = count_ == 0 ? p.entry.ts : first_ts_;
        last_ = seq;
        last_ts_ = p.entry.ts;
        ++count_;
        starts_ = starts_ || std::holds_alternative<events::session_started>(p.entry.what);
        if (const auto* end = std::get_if<events::session_ended>(&p.entry.what)) {
            end_ = *end;
        }
    }

    /// After the last record.
    void finish(report& r) const {
        if (count_ == 0) {
            blame_file("checkpoint", "is alone: there is no proof beside it");
        }
        r.first_ts = first_ts_;
        r.last_ts = last_ts_;
        r.checked.push_back(fmt::format("session {}: {} records, from {} to {}; its start is {}, its end is {}",
                                        raw(session_), count_, first_, last_, starts_ ? "among them" : "not among them",
                                        end_ ? "among them" : "not among them"));
        judge_completeness(r);
    }

  private:
    void judge_completeness(report& r) const {
        if (!end_) {
            r.not_checked.emplace_back(
                "whether records of the session were left out: only its end, which counts them, shows that, and it is "
                "not among them: the session was still active when this checkpoint was signed, or its end was left "
                "out as well");
        } else if (!end_->records) {
            r.not_checked.emplace_back(
                "whether records of the session were left out: its end was written before ends counted them, so that "
                "only the whole trail shows it");
        } else if (*end_->records != count_) {
            throw bad_evidence{{.record = audit_seq{last_},
                                .table = {},
                                .file = fmt::format("{}{}", last_, proof_suffix),
                                .message = incompleteness()}};
        } else {
            r.checked.emplace_back("the session's end counts as many records: none was left out");
        }
    }

    [[nodiscard]] std::string incompleteness() const {
        const auto counted = fmt::format("the end of session {} counts {} records, and {} are here", raw(session_),
                                         *end_->records, count_);
        return *end_->records > count_ ? fmt::format("{}: records were left out", counted)
                                       : fmt::format("{}: the count is wrong", counted);
    }

    const known_checkpoint& under_;
    const trust& whom_;
    session_id session_{};
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;
    std::int64_t count_ = 0;
    unix_micros first_ts_{};
    unix_micros last_ts_{};
    bool starts_ = false;
    std::optional<events::session_ended> end_;
};

}  // namespace

void verify_proof(const fs::path& file, const trust& whom, const std::vector<known_checkpoint>& others, report& r) {
    const auto name = file.filename().string();
    const auto text = read_small_file(file, proof_bytes);
    if (!text) {
        throw unreadable{fmt::format("there is no file {}", file.string())};
    }
    auto proven = check_inclusion(name, *text);
    tell_checkpoint(proven.under, whom, others, r);
    r.first_ts = proven.entry.ts;
    r.last_ts = proven.entry.ts;
    r.checked.push_back(fmt::format("record {} is in the tree of {} records whose checkpoint is signed",
                                    raw(proven.entry.seq), r.head.size));
    r.record = std::move(proven.record);
}

void verify_bundle(const fs::path& directory, const trust& whom, const std::vector<known_checkpoint>& others,
                   report& r) {
    const auto note = read_small_file(directory / "checkpoint", checkpoint_bytes);
    if (!note) {
        blame_file("checkpoint", "is missing");
    }
    const auto under = parse_checkpoint("checkpoint", *note);
    tell_checkpoint(under, whom, others, r);
    session_walk walk{under, whom};
    for (const auto seq : proofs_in(directory, r)) {
        const auto name = fmt::format("{}{}", seq, proof_suffix);
        const auto text = read_small_file(directory / name, proof_bytes);
        if (!text) {
            throw unreadable{fmt::format("{} vanished while it was read", (directory / name).string())};
        }
        walk.add(name, seq, check_inclusion(name, *text));
    }
    walk.finish(r);
}

}  // namespace valhalla::verify
