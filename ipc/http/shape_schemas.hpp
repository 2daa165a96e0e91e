// SPDX-License-Identifier: Apache-2.0
//
// What the answers of a route look like, as JSON Schema, for the OpenAPI document: of those that are not the daemon's
// results as they are. A test holds real answers against them. Pure.
#pragma once

#include <string>

#include "ipc/http/route.hpp"

namespace valhalla::http {

/// Of the answers that `shape` makes. It may refer to the schemas of `rpc.discover`. Empty where nothing more is known
/// than that it is JSON.
[[nodiscard]] std::string schema_of_shape(shape_function shape);

}  // namespace valhalla::http
