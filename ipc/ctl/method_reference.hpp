// SPDX-License-Identifier: Apache-2.0
//
// The reference of all methods: ipc/METHODS.md.
#pragma once

#include <span>
#include <string>

#include "ipc/method.hpp"

namespace valhalla::ctl {

/// Markdown.
[[nodiscard]] std::string method_reference(std::span<const ipc::method_info> methods);

}  // namespace valhalla::ctl
