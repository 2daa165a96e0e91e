// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/record_chain.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

namespace valhalla::verify {

namespace {

/// Before all times that a record can bear.
constexpr unix_micros before_all{std::chrono::microseconds::min()};

/// The slow reader says it better, unless it forgives what no writer writes.
[[noreturn]] void blame_form(audit_seq seq, std::string_view record) {
    const decoded_record decoded = decode_record(record);
    if (const auto* error = std::get_if<record_error>(&decoded)) {
        blame_record(seq, fmt::format("record {}: {}: {}", raw(seq), error->key, error->message));
    }
    blame_record(seq, fmt::format("record {}: it is not in the form in which records are written", raw(seq)));
}

[[noreturn]] void blame_session(audit_seq seq, session_id session) {
    blame_record(seq, fmt::format("record {}: it names session {}, which is not active", raw(seq), raw(session)));
}

}  // namespace

record_chain::record_chain(checkpoint_book& checkpoints, schema::growing_tree::tile_sink tiles)
    : checkpoints_{checkpoints}, tiles_{std::move(tiles)}, last_ts_{before_all} {
    scratch_.execute("BEGIN");
    if (checkpoints_.next_size() == 0) {
        checkpoints_.reached(tree_.root(hasher_));
    }
}

record_header record_chain::read(std::string_view record) const {
    if (record.size() > max_record_bytes) {
        blame_record(next_seq(), fmt::format("record {}: it has {} bytes, and a record has at most {}", raw(next_seq()),
                                             record.size(), max_record_bytes));
    }
    const auto header = scan_record(record);
    if (!header) {
        blame_form(next_seq(), record);
    }
    return *header;
}

void record_chain::append(std::string_view record, const record_header& header, const hash256& leaf) {
    if (header.ts < last_ts_) {
        blame_record(header.seq,
                     fmt::format("record {}: its time is before the time of the record before it", raw(header.seq)));
    }
    if (header.decision) {
        check_decision(header);
    } else {
        apply(record, header);
    }
    if (tree_.size() == 0) {
        first_ts_ = header.ts;
    }
    last_ts_ = header.ts;
    tree_.append(leaf, hasher_, tiles_);
    if (tree_.size() == checkpoints_.next_size()) {
        checkpoints_.reached(tree_.root(hasher_));
    }
}

void record_chain::add(std::string_view record) {
    const auto header = read(record);
    if (header.seq > next_seq()) {
        blame_record(next_seq(),
                     fmt::format("record {}: it is missing; the next one is {}", raw(next_seq()), raw(header.seq)));
    }
    if (header.seq < next_seq()) {
        blame_record(next_seq(),
                     fmt::format("record {}: record {} stands in its place", raw(next_seq()), raw(header.seq)));
    }
    append(record, header, leaf_of(record));
}

void record_chain::check_decision(const record_header& header) {
    if (header.session && !sessions_.count(*header.session)) {
        blame_session(header.seq, *header.session);
    }
    if (policy_.empty() || !means_policy(header.policy, policy_)) {
        blame_record(header.seq,
                     policy_.empty()
                         ? fmt::format("record {}: it decides before any policy was loaded", raw(header.seq))
                         : fmt::format("record {}: it was decided by another policy than the one loaded last, {}",
                                       raw(header.seq), policy_));
    }
}

void record_chain::apply(std::string_view record, const record_header& header) {
    const decoded_record decoded = decode_record(record);
    if (const auto* error = std::get_if<record_error>(&decoded)) {
        blame_record(header.seq, fmt::format("record {}: {}: {}", raw(header.seq), error->key, error->message));
    }
    const auto& entry = std::get<audit_entry>(decoded);
    try {
        effects_.apply(entry);
    } catch (const schema::storage_error& e) {
        if (e.fault() != schema::storage_fault::failed) {
            throw;  // no room for the scratch database
        }
        blame_record(header.seq, fmt::format("record {}: its effect is impossible: {}", raw(header.seq), e.what()));
    }
    if (const auto* end = std::get_if<events::session_ended>(&entry.what)) {
        check_end(*end, header.seq);
    }
    if (!sessions_.take(entry)) {
        blame_session(header.seq, *entry.session);
    }
    if (const auto* loaded = std::get_if<events::policy_loaded>(&entry.what)) {
        policy_ = loaded->sha256;
    }
    if (const auto* epoch = std::get_if<events::epoch_started>(&entry.what)) {
        checkpoints_.saw_epoch(*epoch, header.seq);
    }
}

void record_chain::check_end(const events::session_ended& end, audit_seq seq) const {
    const auto records = sessions_.records_of(end.id).value_or(0) + 1;
    if (end.records && *end.records != records) {
        blame_record(seq, fmt::format("record {}: it ends session {} and counts {} records of it, where there are {}",
                                      raw(seq), raw(end.id), *end.records, records));
    }
}

void record_chain::tell(report& r) {
    r.head = head();
    if (tree_.size() > 0) {
        r.first_ts = first_ts_;
        r.last_ts = last_ts_;
    }
}

}  // namespace valhalla::verify
