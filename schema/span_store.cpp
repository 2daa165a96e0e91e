// SPDX-License-Identifier: Apache-2.0
#include "schema/span_store.hpp"

#include "schema/stored_words.hpp"

namespace valhalla::schema {

namespace {

span_kind stored_span_kind(std::int64_t value) {
    if (value < 0 || value > static_cast<std::int64_t>(span_kind::session_began)) {
        throw_damaged("span.kind");
    }
    return static_cast<span_kind>(value);
}

}  // namespace

void span_store::put(const stored_span& one) {
    changed_ = true;
    present_.emplace(one.kind, one.name);
    put_.run(one.kind, one.name, micros_count(one.at));
}

void span_store::remove(span_kind kind, std::string_view name) {
    if (present_.empty()) {
        return;
    }
    if (const auto found = present_.find({kind, std::string{name}}); found != present_.end()) {
        changed_ = true;
        remove_.run(kind, name);
        present_.erase(found);
    }
}

void span_store::remove_of_gone_locks() {
    if (present_.empty()) {
        return;
    }
    changed_ = true;
    remove_gone_.run();
    find_present();
}

std::vector<stored_span> span_store::all() {
    std::vector<stored_span> spans;
    auto row = all_.use();
    while (row.step()) {
        spans.push_back({stored_span_kind(row.integer(0)), std::string{row.text(1)}, span_at(row.integer(2))});
    }
    return spans;
}

void span_store::put_mark(const clock_mark& mark) {
    put_mark_.run(micros_count(mark.span), micros_count(mark.wall), mark.running.count(), mark.boot);
}

std::optional<clock_mark> span_store::mark() {
    auto row = mark_.use();
    if (!row.step()) {
        return std::nullopt;
    }
    return clock_mark{.span = span_at(row.integer(0)),
                      .wall = micros_at(row.integer(1)),
                      .running = std::chrono::microseconds{row.integer(2)},
                      .boot = std::string{row.text(3)}};
}

void span_store::rolled_back() {
    if (changed_) {
        find_present();
        changed_ = false;
    }
}

void span_store::find_present() {
    present_.clear();
    for (auto& one : all()) {
        present_.emplace(one.kind, std::move(one.name));
    }
}

}  // namespace valhalla::schema
