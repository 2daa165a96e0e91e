// SPDX-License-Identifier: Apache-2.0
//
// The descriptions of methods in the words that the page of one method and the reference of all share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/method.hpp"

namespace valhalla::ctl {

/// "a list of strings", "`session`, or null". What stands between backquotes is the name of a shape.
[[nodiscard]] std::string words_of(const ipc::member& m);
/// "an integer from 1 to 1000; 100 when it is left out".
[[nodiscard]] std::string words_of(const ipc::parameter_info& p);
/// "a change", "a hot read".
[[nodiscard]] std::string_view words_of(ipc::effect kind);
/// `session.start '{"notes":"…"}'`, quoted for a shell.
[[nodiscard]] std::string example_arguments(const ipc::method_info& of);
/// The result of the example over several lines.
[[nodiscard]] std::string example_result(const ipc::method_info& of);

}  // namespace valhalla::ctl
