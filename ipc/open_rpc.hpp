// SPDX-License-Identifier: Apache-2.0
//
// The API as an OpenRPC 1.2.6 document (https://spec.open-rpc.org): what rpc.discover answers. Made of nothing but the
// descriptions of the methods and their examples.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/method.hpp"

namespace valhalla::ipc {

/// A document of these methods with the shapes and errors that they need, as one line of JSON.
[[nodiscard]] std::string open_rpc_document(std::string_view version, std::span<const method_info> methods);

/// The shapes that the results of `methods` refer to, directly or not, in the order in which they come up.
[[nodiscard]] std::vector<const shape*> shapes_of(std::span<const method_info> methods);

}  // namespace valhalla::ipc
