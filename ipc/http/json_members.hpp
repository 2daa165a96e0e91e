// SPDX-License-Identifier: Apache-2.0
//
// JSON taken apart without changing its bytes: a number comes out with the digits that it went in with. Views of the
// text that was read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace valhalla::http {

/// The members of one object, in their order.
class json_members {
  public:
    struct member {
        std::string_view name;  ///< as between its quotes; no key of ours needs an escape
        std::string_view value;
    };

    /// Of what the daemon or we wrote, however deep (ipc/json_parts.hpp). Nothing when it is not one object.
    [[nodiscard]] static std::optional<json_members> of(std::string_view object);
    /// Of what a user sent. Nothing when it is not one JSON object, by all the rules and limits of the wire
    /// (ipc/json_reader.hpp).
    [[nodiscard]] static std::optional<json_members> of_request(std::string_view object);

    /// The value as it stands; empty when there is none.
    [[nodiscard]] std::string_view operator[](std::string_view name) const noexcept;
    [[nodiscard]] const std::vector<member>& all() const noexcept { return members_; }

  private:
    std::vector<member> members_;
};

/// The elements of an array that the daemon wrote; nothing when it is not one.
[[nodiscard]] std::optional<std::vector<std::string_view>> json_elements(std::string_view array);
/// Of one that a user sent, like `json_members::of_request`.
[[nodiscard]] std::optional<std::vector<std::string_view>> elements_of_request(std::string_view array);

/// The text that a JSON string means; empty for any other value.
[[nodiscard]] std::string json_text(std::string_view value);

/// What is wrong with `text` as one JSON value, and at which byte; nothing when it is good, also inside of a request to
/// the daemon, so that no line of ours is refused as a whole.
struct json_problem {
    std::size_t offset = 0;
    std::string what;
};
[[nodiscard]] std::optional<json_problem> problem_with_json(std::string_view text);

/// Appends `,"name":value`; without the comma behind a `{`.
void append_member(std::string& out, std::string_view name, std::string_view value);

}  // namespace valhalla::http
