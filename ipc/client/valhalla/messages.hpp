// SPDX-License-Identifier: Apache-2.0
//
// Lines of the protocol, written and read; what both clients are built upon. Pure: no socket, no clock. For who has an
// event loop of his own that is not Asio's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla {

/// One line with its newline. `params_json`: a JSON object on one line, or empty for none.
[[nodiscard]] std::string request_line(std::uint64_t id, std::string_view method, std::string_view params_json);

/// What a line of the daemon is.
struct message {
    enum class type : std::uint8_t {
        result = 0,        ///< `body` is the result
        refusal = 1,       ///< `body` is the error object
        notification = 2,  ///< `body` is its `params`, `name` its method
        malformed = 3,     ///< nothing that JSON-RPC knows
    };
    type what = type::malformed;
    std::optional<std::uint64_t> id;  ///< of a result or refusal; none where the daemon could not read one
    std::string name;
    boost::json::value body;
};

/// `line` without its newline. Never throws but for want of memory.
[[nodiscard]] message read_message(std::string_view line);

/// What a new daemon might no longer say: it shuts down and did nothing.
[[nodiscard]] bool says_not_now(const boost::json::value& refusal) noexcept;
/// The daemon itself does not know whether the change was made.
[[nodiscard]] bool says_unknown(const boost::json::value& refusal) noexcept;

}  // namespace valhalla
