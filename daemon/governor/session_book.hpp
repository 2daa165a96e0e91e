// SPDX-License-Identifier: Apache-2.0
//
// The changes of the session book: which sessions it keeps, and that `latest` and an operator's entry stay one object
// when they are one session.
#pragma once

#include <memory>
#include <string>

#include "daemon/governor/state.hpp"

namespace valhalla::governor {

/// Puts a session in the place of its operator's, whatever that is.
void put_session(session_book& book, const session_book::entry& one);

/// Takes a session in: as its operator's when it is active or newer than what is there, as the latest when none is
/// newer.
void keep_session(session_book& book, session s);

/// Ends the session as the event says. A session that is not kept is left alone.
void close_session(session_book& book, const events::session_ended& event);

}  // namespace valhalla::governor
