// SPDX-License-Identifier: Apache-2.0
#include "schema/audit_run.hpp"

#include <algorithm>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

bool audit_run::read(audit_seq last, std::span<const std::byte> leaves, std::string_view records) {
    last_ = last;
    leaves_ = leaves;
    lines_.clear();
    while (!records.empty()) {
        const auto end = records.find('\n');
        if (end == std::string_view::npos || (lines_.size() + 1) * sizeof(hash256) > leaves.size()) {
            lines_.clear();
            return false;
        }
        lines_.push_back(records.substr(0, end));
        records.remove_prefix(end + 1);
    }
    // The first record of all is 1: a smaller number could not even be counted back from.
    if (lines_.empty() || lines_.size() * sizeof(hash256) != leaves.size() ||
        raw(last) < static_cast<std::int64_t>(lines_.size())) {
        lines_.clear();
        return false;
    }
    return true;
}

void audit_run::read(const statement::use_guard& row) {
    if (!read(audit_seq{row.integer(0)}, row.blob(1), row.text(2))) {
        throw_damaged("audit.records");
    }
}

std::string_view audit_run::sound_record(std::size_t at, hasher& h) const {
    const auto line = record(at);
    if (!std::ranges::equal(leaf(at), h.leaf(line))) {
        throw_damaged("audit.records");
    }
    return line;
}

void audit_run::read_with(audit_seq seq, const statement::use_guard& row) {
    read(row);
    if (!holds(seq)) {
        throw_damaged("audit");
    }
}

record_header stored_header(std::string_view record) {
    const auto header = scan_record(record);
    if (!header) {
        throw_damaged("audit.records");
    }
    return *header;
}

}  // namespace valhalla::schema
