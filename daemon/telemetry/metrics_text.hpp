// SPDX-License-Identifier: Apache-2.0
//
// Figures as Prometheus's text format, version 0.0.4, by prometheus-cpp's serializer. Its registry is not used: nothing
// of it is ever where requests are.
#pragma once

#include <string>
#include <string_view>

#include "daemon/telemetry/figures.hpp"

namespace valhalla {

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Any thread. Some 100 microseconds.
[[nodiscard]] std::string metrics_text(const figures& now, const system_figures& system);

}  // namespace valhalla
