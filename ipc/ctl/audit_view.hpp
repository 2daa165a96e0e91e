// SPDX-License-Identifier: Apache-2.0
//
// Records of the audit trail as a table, for `audit list` and `status`.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/value.hpp>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

enum class record_time : std::uint8_t { point, age };

/// `page` is a result of `audit.list`.
void show_records(context& io, const boost::json::value& page, record_time how);

/// What a record says, in one line.
[[nodiscard]] std::string gist_of(const boost::json::value& record);

}  // namespace valhalla::ctl
