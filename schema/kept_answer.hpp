// SPDX-License-Identifier: Apache-2.0
//
// The answer to a change that came with a request key, as it is kept for a retry.
#pragma once

#include <string>

#include "schema/model/span_time.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

struct kept_answer {
    hash256 digest{};  ///< of the request: method and parameters
    std::string json;  ///< the result as it was sent
    span_point kept_at{};
};

}  // namespace valhalla::schema
