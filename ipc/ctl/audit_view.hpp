// SPDX-License-Identifier: Apache-2.0
//
// Records of the audit trail as a table, for `audit list`, `audit follow` and `status`.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/value.hpp>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

enum class record_time : std::uint8_t { point, age };

/// `page` is a result of `audit.list`.
void show_records(context& io, const boost::json::value& page, record_time how);

/// The same table for records that come one by one: titles first, then a line each, in columns that do not move.
void show_record_titles(context& io);
void show_record_line(context& io, const boost::json::value& record);

/// What a record says, in one line.
[[nodiscard]] std::string gist_of(const boost::json::value& record);

}  // namespace valhalla::ctl
