// SPDX-License-Identifier: Apache-2.0
//
// The target of a request: percent-encoding, path and query. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::http {

/// What `text` means, `+` as a space where `plus_is_space`. Nothing when a `%` is not followed by two hex digits, or
/// when the result is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// A target cut at its first `?`. Views of what it was made from.
struct target_parts {
    std::string_view authority;  ///< of an absolute target, else empty
    std::string_view path;
    std::string_view query;
};
/// Nothing when it is neither `/path`, `*` nor `http(s)://authority/path`.
[[nodiscard]] std::optional<target_parts> split_target(std::string_view target);

struct query_parameter {
    std::string name;
    std::string value;
};
/// Nothing when it is malformed, or has more than `max_query_parameters`.
[[nodiscard]] std::optional<std::vector<query_parameter>> parse_query(std::string_view query);

}  // namespace valhalla::http
