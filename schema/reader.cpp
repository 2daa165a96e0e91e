// SPDX-License-Identifier: Apache-2.0
#include "schema/reader.hpp"

#include <algorithm>
#include <variant>

#include "schema/audit_search.hpp"
#include "schema/cone_store.hpp"
#include "schema/connection.hpp"
#include "schema/limits.hpp"
#include "schema/progress_store.hpp"
#include "schema/session_store.hpp"
#include "schema/statement.hpp"
#include "schema/threshold_store.hpp"
#include "schema/tree_reader.hpp"

namespace valhalla::schema {

struct reader::impl {
    explicit impl(const std::filesystem::path& database)
        : own{new connection{connection::open_reader(database)}}, db{*own} {}
    explicit impl(const connection& shared) : db{shared} {}

    [[nodiscard]] read_transaction transaction() { return {db, begin_, commit_}; }

    std::unique_ptr<connection> own;
    const connection& db;
    statement begin_{db, "BEGIN"};
    statement commit_{db, "COMMIT"};
    audit_search trail{db};
    tree_reader tree{db};
    session_shelf sessions{db};
    cone_shelf cones{db};
    threshold_shelf limits{db};
    progress_shelf progress{db};
};

reader::reader(const std::filesystem::path& database) : impl_{std::make_unique<impl>(database)} {}
reader::reader(const connection& shared) : impl_{std::make_unique<impl>(shared)} {}
reader::~reader() = default;

void reader::interrupt() noexcept {
    impl_->db.interrupt();
}

audit_page reader::audit(const audit_query& query) {
    const read_transaction open = impl_->transaction();
    return impl_->trail.page(query);
}

bool reader::knows_event(std::string_view name) {
    const read_transaction open = impl_->transaction();
    return impl_->trail.id_of_event(name).has_value();
}

session_page reader::sessions(const session_query& query) {
    const read_transaction open = impl_->transaction();
    return impl_->sessions.page(query);
}

std::optional<session_story> reader::story(session_id id) {
    const read_transaction open = impl_->transaction();
    std::optional<session> what = impl_->sessions.find(id);
    if (!what) {
        return std::nullopt;
    }
    const auto newest = std::max(what->first_seq, impl_->trail.newest_of(id));
    session_story story{
        .what = std::move(*what), .last_seq = newest, .notes = impl_->sessions.notes(id), .steps_done = {}};
    impl_->trail.visit_session(id, "GO_STEP_SET", limits::story_rows, [&story](std::string_view line) {
        const decoded_record decoded = decode_record(line);
        const auto* entry = std::get_if<audit_entry>(&decoded);
        if (const auto* step = entry == nullptr ? nullptr : std::get_if<events::step_set>(&entry->what)) {
            std::erase(story.steps_done, step->step_id);
            if (step->done) {
                story.steps_done.push_back(step->step_id);
            }
        }
    });
    const auto counts = impl_->trail.decisions_in(id);
    story.decisions_allowed = counts.allowed;
    story.decisions_denied = counts.denied;
    return story;
}

cone_page reader::cones(std::optional<audit_seq> before, std::size_t limit) {
    const read_transaction open = impl_->transaction();
    return impl_->cones.page(before, limit);
}

std::uint64_t reader::trail_size() {
    const read_transaction open = impl_->transaction();
    return static_cast<std::uint64_t>(impl_->trail.size());
}

std::optional<std::string> reader::record(audit_seq seq) {
    const read_transaction open = impl_->transaction();
    std::optional<std::string> found;
    impl_->trail.visit(seq, seq, 1, [&found](std::string_view record) { found.emplace(record); });
    return found;
}

hash256 reader::root_at(std::uint64_t size) {
    const read_transaction open = impl_->transaction();
    return impl_->tree.root_at(size);
}

std::vector<hash256> reader::inclusion(std::uint64_t index, std::uint64_t size) {
    const read_transaction open = impl_->transaction();
    return impl_->tree.inclusion(index, size);
}

std::vector<hash256> reader::consistency(std::uint64_t old_size, std::uint64_t size) {
    const read_transaction open = impl_->transaction();
    return impl_->tree.consistency(old_size, size);
}

std::vector<hash256> reader::tile(unsigned level, std::uint64_t index, std::size_t width) {
    const read_transaction open = impl_->transaction();
    return impl_->tree.tile(level, index, width);
}

void reader::begin_snapshot() {
    impl_->begin_.run();
    try {
        (void)impl_->trail.size();  // BEGIN alone does not read, and only reading fixes what is seen
    } catch (...) {
        end_snapshot();
        throw;
    }
}

void reader::end_snapshot() noexcept {
    if (impl_->db.in_transaction()) {
        try {
            impl_->commit_.run();
        } catch (const storage_error&) {  // NOLINT(bugprone-empty-catch)
            // Only a lock is given back; the next call would report what is wrong.
        }
    }
}

std::optional<session> reader::latest_session() {
    const read_transaction open = impl_->transaction();
    return impl_->sessions.latest();
}

std::optional<cone> reader::current_cone() {
    const read_transaction open = impl_->transaction();
    return impl_->cones.current();
}

thresholds reader::current_thresholds() {
    const read_transaction open = impl_->transaction();
    return impl_->limits.load();
}

progress_map reader::progress() {
    const read_transaction open = impl_->transaction();
    return impl_->progress.load();
}

void reader::each_session(const std::function<void(const session&)>& visit) {
    const read_transaction open = impl_->transaction();
    impl_->sessions.each(visit);
}

void reader::each_record(audit_seq first, audit_seq last, const std::function<void(std::string_view)>& visit) {
    for (audit_seq at = first; at <= last;) {
        const read_transaction open = impl_->transaction();
        at = impl_->trail.visit(at, last, limits::records_per_transaction, visit);
    }
}

std::string instance_of(const std::filesystem::path& database) {
    connection from = connection::open_evidence(database);
    return from.text_of("SELECT id FROM instance WHERE one = 1");
}

}  // namespace valhalla::schema
