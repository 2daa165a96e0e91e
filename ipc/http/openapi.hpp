// SPDX-License-Identifier: Apache-2.0
//
// The OpenAPI 3.1 document, out of the daemon's own description of its methods and the table of routes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace valhalla::http {

/// `discovered`: the result of rpc.discover. Nothing when it is not one.
[[nodiscard]] std::optional<std::string> openapi_document(std::string_view discovered);

}  // namespace valhalla::http
