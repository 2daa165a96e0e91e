// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/session_book.hpp"

#include <utility>

#include "daemon/governor/part.hpp"

namespace valhalla::governor {

namespace {

using entry = std::shared_ptr<const session>;

/// Changes a kept session. `latest` lets go of it meanwhile: else the two would keep each other from being changed
/// in place.
template <class Change>
void change_session(session_book& book, const std::string& operator_name, Change change) {
    entry& slot = book.by_operator.find(operator_name)->second;
    const bool is_latest = book.latest == slot;
    if (is_latest) {
        book.latest.reset();
    }
    change(writable(slot));
    if (is_latest) {
        book.latest = slot;
    }
}

}  // namespace

void keep_session(session_book& book, session s) {
    const auto made = std::make_shared<session>(std::move(s));
    entry& slot = book.by_operator[made->operator_name];
    const bool newer = slot && (slot->active != made->active ? made->active : made->id > slot->id);
    if (!slot || newer) {
        slot = made;
    }
    if (!book.latest || made->id > book.latest->id) {
        book.latest = made;
    }
}

void close_session(session_book& book, const events::session_ended& event) {
    const auto it = book.by_operator.find(event.operator_name);
    if (it == book.by_operator.end() || it->second->id != event.id) {
        return;
    }
    change_session(book, event.operator_name, [&](session& s) {
        s.active = false;
        s.ended_at = event.ended_at;
        s.end_notes = event.notes;
        s.why_ended = event.reason;
    });
}

}  // namespace valhalla::governor
