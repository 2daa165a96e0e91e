// SPDX-License-Identifier: Apache-2.0
//
// What a person at the terminal sees of methods.
#pragma once

#include <span>

#include "ipc/ctl/printer.hpp"
#include "ipc/method.hpp"

namespace valhalla::ctl {

/// One line for each.
void show_methods(printer& out, std::span<const ipc::method_info> methods);
/// All there is to know of one.
void show_method(printer& out, const ipc::method_info& one);

}  // namespace valhalla::ctl
