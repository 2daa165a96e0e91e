// SPDX-License-Identifier: Apache-2.0
//
// What a typed call is made of. The methods themselves are in <valhalla/methods.hpp>.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla {

/// Points in time: UTC, microseconds.
using utc_time = std::chrono::sys_time<std::chrono::microseconds>;

/// Whether a call may be sent again when its answer was lost.
enum class repeat : std::uint8_t {
    always = 0,            ///< it only reads
    with_request_key = 1,  ///< a change: the daemon answers the second request with a key as it did the first
    never = 2,             ///< it does something, and takes no key
};

/// A struct whose members are the parameters of a method, and which knows what is answered.
template <class M>
concept method = requires(const M& request, const boost::json::value& answer, typename M::result& into) {
    { M::rpc_name } -> std::convertible_to<std::string_view>;
    { M::rpc_repeat } -> std::convertible_to<repeat>;
    { encode(request) } -> std::same_as<boost::json::object>;
    decode(answer, into);
};

/// By the name of the method; `never` for one that this library does not know.
[[nodiscard]] repeat repeat_of(std::string_view method) noexcept;

/// Whether this call may be sent again when its answer was lost.
[[nodiscard]] bool may_be_repeated(std::string_view method, const boost::json::object& params) noexcept;

}  // namespace valhalla
