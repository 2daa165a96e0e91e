// SPDX-License-Identifier: Apache-2.0
//
// What a witness remembers of other logs: the newest tree of each that it cosigned.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace valhalla {

struct witnessed_tree {
    std::int64_t size = 0;
    std::string root;  ///< 64 lower-case hex digits
    friend bool operator==(const witnessed_tree&, const witnessed_tree&) = default;
};

/// By origin.
using witnessed_map = std::map<std::string, witnessed_tree, std::less<>>;

}  // namespace valhalla
