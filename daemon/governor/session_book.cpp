// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/session_book.hpp"

#include <utility>

namespace valhalla::governor {

void put_session(session_book& book, const session_book::entry& one) {
    if (const auto* const before = book.by_operator.find(one->operator_name)) {
        book.by_id.erase((*before)->id);
    }
    book.by_id.insert_or_assign(one->id, one);
    if (one->active) {
        book.active.insert_or_assign(one->operator_name, one);
    } else {
        book.active.erase(one->operator_name);
    }
    const auto& name = one->operator_name;
    book.by_operator.insert_or_assign(name, one);
}

void keep_session(session_book& book, session s) {
    const session_book::entry made = std::make_shared<session>(std::move(s));
    const auto* const kept = book.by_operator.find(made->operator_name);
    if (kept == nullptr || ((*kept)->active != made->active ? made->active : made->id > (*kept)->id)) {
        put_session(book, made);
    }
    if (!book.latest || made->id > book.latest->id) {
        book.latest = made;
    }
}

void close_session(session_book& book, const events::session_ended& event) {
    const auto* const kept = book.by_operator.find(event.operator_name);
    if (kept == nullptr || (*kept)->id != event.id) {
        return;
    }
    session over = **kept;
    over.active = false;
    over.ended_at = event.ended_at;
    over.end_notes = event.notes;
    over.why_ended = event.reason;
    const session_book::entry ended = std::make_shared<session>(std::move(over));
    put_session(book, ended);
    if (book.latest && book.latest->id == event.id) {
        book.latest = ended;
    }
}

}  // namespace valhalla::governor
