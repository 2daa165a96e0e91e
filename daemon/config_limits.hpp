// SPDX-License-Identifier: Apache-2.0
//
// `[limits]` of the configuration file: how much the daemon lets itself be asked at once. Each key has a range, and
// some bear on each other; what does not fit is told with its line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.hpp"
#include "ipc/service/settings_file.hpp"

namespace valhalla {

/// Between output_pause_bytes and output_close_bytes must be room for the largest answer: a health with as many signals
/// as can be, each byte of their texts escaped, with the session, the cone and the playbook that a summary has beside
/// it.
inline constexpr std::size_t largest_answer_bytes = std::size_t{3} << 20U;

/// Keys that are missing keep their values, but for the share of one user, which never exceeds its part of the whole.
[[nodiscard]] service::settings_section<config> limits_section();
/// Names of those that are not the same in both.
[[nodiscard]] std::vector<std::string_view> limits_that_differ(const config& a, const config& b);
/// A line for each, with its value.
[[nodiscard]] std::string describe_limits(const config& c);

}  // namespace valhalla
