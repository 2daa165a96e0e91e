// SPDX-License-Identifier: Apache-2.0
//
// JSON that one of our own programs wrote, taken apart one level deep. It is JSON for sure, but perhaps deeper and with
// more keys than a request may have, so that the reader of requests (ipc/json_reader.hpp) would refuse it. Views of the
// text that was read.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace valhalla::ipc {

struct json_part {
    std::string_view name;   ///< of a member, as between its quotes; empty for an element
    std::string_view value;  ///< as it stands
};

/// The members of an object, in their order. Nothing when `text` is not one object as a whole.
[[nodiscard]] std::optional<std::vector<json_part>> members_of(std::string_view text);
/// The elements of an array, in their order. Nothing when `text` is not one array as a whole.
[[nodiscard]] std::optional<std::vector<std::string_view>> elements_of(std::string_view text);

}  // namespace valhalla::ipc
