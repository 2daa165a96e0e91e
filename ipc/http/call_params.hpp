// SPDX-License-Identifier: Apache-2.0
//
// From path, query and body of a request to the `params` of a call. What can only be said over HTTP is checked here (is
// it there, does the text of a query mean a number); everything else by the daemon. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/http/route.hpp"
#include "ipc/http/target.hpp"

namespace valhalla::http {

/// One entry of a 422: the shape of the program before.
struct field_problem {
    std::string_view in;  ///< "query", "body" or "path"
    std::string name;     ///< empty: all of it
    std::string message;
    std::string_view type;
};

struct call_params {
    std::string json;  ///< an object on one line; only where there are no problems
    std::vector<field_problem> problems;
};

struct call_source {
    std::string_view path_parameter;
    const std::vector<query_parameter>& query;
    std::string_view body;
    std::string_view request_key;  ///< empty: none
};

[[nodiscard]] call_params params_of(const route& row, const call_source& from);

/// `{"detail":[{"loc":["query","band"],"msg":"field required","type":"value_error.missing"}]}`
[[nodiscard]] std::string problems_body(const std::vector<field_problem>& problems);

/// Where a parameter of the row comes from, for the `loc` of a problem that the daemon found.
[[nodiscard]] std::string_view location_of(const route& row, std::string_view name, bool has_body) noexcept;

}  // namespace valhalla::http
