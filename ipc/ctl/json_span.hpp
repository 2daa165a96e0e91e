// SPDX-License-Identifier: Apache-2.0
//
// Where a value stands in a JSON text: its bytes as they came, for what is hashed or passed on and must not be written
// anew. The text is known to be valid JSON (link.hpp checks every reply); depth and number of keys have no limit here,
// because an answer wraps records that may use up those of a request. Views point into the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace valhalla::ctl {

/// The value of a member of `object`, without blanks around it. Empty when `object` is no object, the member is not
/// there, or it is there twice: then nobody can say which one is meant.
[[nodiscard]] std::string_view member_span(std::string_view object, std::string_view name);

/// A member of an object: its name as it is meant, its value as it stands.
struct member_text {
    std::string name;
    std::string_view value;
};
/// All members of `object`, in order; none when it is no object.
[[nodiscard]] std::vector<member_text> members_of(std::string_view object);

/// The elements of `array`; none when it is no array.
[[nodiscard]] std::vector<std::string_view> element_spans(std::string_view array);

}  // namespace valhalla::ctl
