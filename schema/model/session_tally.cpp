// SPDX-License-Identifier: Apache-2.0
#include "schema/model/session_tally.hpp"

#include <algorithm>
#include <variant>

namespace valhalla {

auto session_tally::place_of(session_id id) const noexcept -> std::vector<line>::const_iterator {
    return std::ranges::lower_bound(active_, id, {}, &line::id);
}

auto session_tally::find(session_id id) const noexcept -> std::vector<line>::const_iterator {
    const auto at = place_of(id);
    return at != active_.end() && at->id == id ? at : active_.end();
}

void session_tally::open(session_id id, std::int64_t records) {
    active_.insert(place_of(id), {id, records});
}

bool session_tally::count(session_id id) noexcept {
    const auto at = find(id);
    if (at == active_.end()) {
        return false;
    }
    ++active_[static_cast<std::size_t>(at - active_.begin())].records;
    return true;
}

bool session_tally::take(const audit_entry& entry) {
    if (const auto* started = std::get_if<events::session_started>(&entry.what)) {
        open(started->id);
    } else if (const auto* imported = std::get_if<events::imported_state>(&entry.what)) {
        for (const session& s : imported->sessions) {
            if (s.active) {
                open(s.id);
            }
        }
    }
    const bool fits = !entry.session || count(*entry.session);
    if (const auto* ended = std::get_if<events::session_ended>(&entry.what)) {
        if (const auto at = find(ended->id); at != active_.end()) {
            active_.erase(at);
        }
    }
    return fits;
}

std::optional<std::int64_t> session_tally::records_of(session_id id) const noexcept {
    const auto at = find(id);
    return at == active_.end() ? std::nullopt : std::optional{at->records};
}

}  // namespace valhalla
