// SPDX-License-Identifier: Apache-2.0
//
// Looking into answers. A member that is missing or of another type reads as nothing: a newer or older daemon should
// cost a line on the screen, not the screen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace valhalla::ctl {

/// Null when `from` is not an object or has no such member.
[[nodiscard]] const boost::json::value& member(const boost::json::value& from, std::string_view name);
/// No items when the member is not an array.
[[nodiscard]] const boost::json::array& items(const boost::json::value& from, std::string_view name);
/// A string as it is, null as nothing, anything else as JSON.
[[nodiscard]] std::string text_of(const boost::json::value& v);
[[nodiscard]] std::string text(const boost::json::value& from, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> integer(const boost::json::value& from, std::string_view name);
[[nodiscard]] std::optional<double> real(const boost::json::value& from, std::string_view name);
[[nodiscard]] bool truth(const boost::json::value& from, std::string_view name);

/// A value of JSON text: a string as it is meant, null as nothing, anything else as it was written.
[[nodiscard]] std::string shown(std::string_view json);
/// One line for an object: `band=B reason="calm again" metrics={}`. Numbers stand as they were written.
[[nodiscard]] std::string in_one_line(std::string_view json);

/// `B caution`.
[[nodiscard]] std::string band_words(std::string_view letter);

}  // namespace valhalla::ctl
