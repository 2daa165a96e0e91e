// SPDX-License-Identifier: Apache-2.0
//
// Records of the audit trail as a table, for `audit list`, `audit follow` and `status`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "ipc/ctl/context.hpp"
#include "ipc/ctl/record_pages.hpp"

namespace valhalla::ctl {

enum class record_time : std::uint8_t { point, age };

/// `page` is a result of `audit.list`.
void show_records(context& io, const answer& page, record_time how);

/// The same table for records that come one by one: titles first, then a line each, in columns that do not move.
void show_record_titles(context& io);
void show_record_line(context& io, const record_view& record);

/// What a record says, in one line.
[[nodiscard]] std::string gist_of(const boost::json::value& record, std::string_view json);

}  // namespace valhalla::ctl
