// SPDX-License-Identifier: Apache-2.0
#include "schema/audit_log.hpp"

#include <algorithm>

#include "schema/stored_words.hpp"

namespace valhalla::schema {

void audit_log::append(const audit_entry& entry, std::string_view record, const hash256& leaf) {
    const std::int64_t event_id = events_.id_of(event_name(entry.what));
    const std::int64_t actor_id = actors_.id_of(entry.who.name);
    append_.run(entry.seq, micros_count(entry.ts), event_id, entry.session, actor_id, leaf,
                std::as_bytes(std::span{record}));
    postings_.add(entry.seq, event_id, actor_id, entry.session);
}

void audit_log::forget() {
    events_.forget();
    actors_.forget();
    postings_.recover();
}

audit_log::position audit_log::end() {
    auto row = end_.use();
    return row.step() ? position{audit_seq{row.integer(0)}, micros_at(row.integer(1))} : position{};
}

std::vector<decision_mark> audit_log::newest_marks(std::size_t count) {
    const std::int64_t before = std::max<std::int64_t>(0, raw(end().last) - static_cast<std::int64_t>(count));
    std::vector<decision_mark> marks;
    marks.reserve(count);
    auto row = newest_names_.use(before);
    while (row.step()) {
        marks.push_back(mark_of(row.text(0)));
    }
    return marks;
}

bool audit_log::holds(std::string_view event_name) {
    return holds_.use(event_name).step();
}

std::vector<hash256> audit_log::leaves_after(audit_seq seq) {
    std::vector<hash256> leaves;
    auto row = leaves_.use(seq);
    while (row.step()) {
        leaves.push_back(stored_hash(row.blob(0), "audit.leaf"));
    }
    return leaves;
}

}  // namespace valhalla::schema
