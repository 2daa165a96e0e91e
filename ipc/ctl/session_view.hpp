// SPDX-License-Identifier: Apache-2.0
//
// Sessions, cone and health as several commands show them.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

/// `#3 active for 3h 12m` or `#3 ended (superseded)`.
[[nodiscard]] cell session_headline(const boost::json::value& session, micros now);
/// The fields of a session, or one line when there is none.
void show_session(context& io, const boost::json::value& session);

/// `Health     yellow`, and under it the reasons.
void show_status(context& io, const boost::json::value& status, std::string_view label = "Health");
/// `Band       B caution, since 3h 12m: reason`, and under it the metrics.
/// `json` is the text of `cone`: its metrics are shown as they were written.
void show_cone(context& io, const boost::json::value& cone, std::string_view json);

}  // namespace valhalla::ctl
