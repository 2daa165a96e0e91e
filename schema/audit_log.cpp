// SPDX-License-Identifier: Apache-2.0
#include "schema/audit_log.hpp"

#include <algorithm>

#include "schema/limits.hpp"
#include "schema/stored_words.hpp"

namespace valhalla::schema {

audit_log::audit_log(const connection& db) : db_{db} {
    recover_postings();
}

std::string_view audit_log::encode(const audit_entry& entry) {
    lines_.resize(appended_);
    encode_record(entry, lines_);
    lines_ += '\n';
    const std::size_t leaves = (leaves_.size() + 1) * sizeof(hash256);
    if (appended_ > 0 && lines_.size() + leaves > limits::audit_row_bytes) {
        const std::string line = lines_.substr(appended_);
        lines_.resize(appended_);
        flush();
        lines_ = line;
    }
    return std::string_view{lines_}.substr(appended_, lines_.size() - appended_ - 1);
}

void audit_log::append(const audit_entry& entry, const hash256& leaf) {
    appended_ = lines_.size();
    leaves_.push_back(leaf);
    last_ = {entry.seq, entry.ts};
    postings_.add(entry.seq, events_.id_of(event_name(entry.what)), actors_.id_of(entry.who.name), entry.session);
}

void audit_log::flush() {
    if (leaves_.empty()) {
        return;
    }
    insert_.run(last_.last, micros_count(last_.ts), std::as_bytes(std::span{leaves_}),
                std::as_bytes(std::span{lines_}));
    begin_row();
}

void audit_log::begin_row() noexcept {
    lines_.clear();
    appended_ = 0;
    leaves_.clear();
}

void audit_log::forget() {
    begin_row();
    events_.forget();
    actors_.forget();
    recover_postings();
}

audit_log::position audit_log::end() {
    auto row = end_.use();
    return row.step() ? position{audit_seq{row.integer(0)}, micros_at(row.integer(1))} : position{};
}

template <class Visit>
void audit_log::each_after(audit_seq seq, Visit&& visit) {
    auto row = after_.use(seq);
    for (audit_seq wanted = next(seq); row.step(); wanted = next(run_.last())) {
        run_.read_with(wanted, row);
        for (std::size_t at = run_.place(wanted); at < run_.size(); ++at) {
            visit(run_, at);
        }
    }
}

std::vector<decision_mark> audit_log::newest_marks(std::size_t count) {
    const std::int64_t before = std::max<std::int64_t>(0, raw(end().last) - static_cast<std::int64_t>(count));
    std::vector<decision_mark> marks;
    marks.reserve(count);
    each_after(audit_seq{before}, [&marks](const audit_run& run, std::size_t at) {
        marks.push_back(mark_of(stored_header(run.record(at)).event));
    });
    return marks;
}

bool audit_log::holds(std::string_view event_name) {
    return holds_.use(event_name).step();
}

std::vector<hash256> audit_log::leaves_after(audit_seq seq) {
    std::vector<hash256> leaves;
    each_after(seq, [&leaves](const audit_run& run, std::size_t at) {
        leaves.push_back(stored_hash(run.leaf(at), "audit.leaves"));
    });
    return leaves;
}

/// Takes up the open tile from its records.
void audit_log::recover_postings() {
    postings_.clear();
    const auto size = raw(end().last);
    each_after(audit_seq{size - size % static_cast<std::int64_t>(tile_width)},
               [this](const audit_run& run, std::size_t at) {
                   const auto header = stored_header(run.record(at));
                   const auto event = events_.find(name_written(header.event));
                   const auto actor = actors_.find(name_written(header.actor));
                   if (!event || !actor) {
                       throw_damaged(event ? "actor_name.name" : "event_kind.name");
                   }
                   postings_.add(run.seq(at), *event, *actor, header.session);
               });
}

}  // namespace valhalla::schema
