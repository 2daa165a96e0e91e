// SPDX-License-Identifier: Apache-2.0
//
// What the gateway serves. A route is one row: method, path, what it calls, where its parameters come from, and how the
// answer is shaped. Dispatch, errors, OPTIONS and the OpenAPI document all come from these rows.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>  // which <boost/beast/http/verb.hpp> needs
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/beast/http/verb.hpp>

namespace valhalla::http {

using boost::beast::http::verb;

/// Which of an identity's connections to the daemon a call goes over. The daemon answers the requests of a connection
/// in order, and keeps reads and changes apart, so one that waits for the disk would hold up those behind it.
enum class lane : std::uint8_t {
    read = 0,    ///< answered from memory
    query = 1,   ///< reads the disk; and what comes through /rpc
    change = 2,  ///< waits for the disk
};
inline constexpr std::size_t lane_count = 3;

enum class where : std::uint8_t { query, body, path, query_or_body };
enum class value_type : std::uint8_t { text, integer, number, boolean, object };

struct route_param {
    std::string_view name;  ///< here and at the daemon
    where from = where::query;
    value_type type = value_type::text;
    bool required = false;
};

/// The body of an answer, and what it is.
struct shaped_answer {
    std::string body;
    std::string_view content_type = "application/json";
    std::string_view cache_control = "no-cache";
};
/// Makes the answer of a route out of the daemon's result. False when the result is not what it should be.
using shape_function = bool (*)(std::string_view result, shaped_answer& into);

/// Rows that are more than one call.
enum class special : std::uint8_t {
    none,
    end_session,     ///< what ends nothing is answered as before
    health_check,    ///< whether the daemon can be reached
    rpc,             ///< the body is JSON-RPC
    tile,            ///< C2SP tlog-tiles, and their entry bundles
    add_checkpoint,  ///< C2SP tlog-witness
    stream,          ///< server-sent events
    archive,         ///< every document of the export
    login,
    logout,
};

struct route {
    verb method = verb::get;
    /// Literal, or ending in one `{name}` for a segment or `{name...}` for all that follows.
    std::string_view path;
    std::string_view rpc;  ///< empty where the gateway answers alone
    lane via = lane::read;
    std::span<const route_param> params;
    shape_function shape = nullptr;
    std::string_view summary;
    /// Members that every call gets, e.g. `"if_active":"supersede"`.
    std::string_view fixed{};
    special how = special::none;
    /// As the program before: parameters that it does not know are not looked at.
    bool lenient = false;
    /// A GET that leaves a record: never from a cookie, never ahead of time, never cached.
    bool records = false;
    /// Served to everyone who may reach the gateway.
    bool open = false;

    [[nodiscard]] bool changes() const noexcept { return method != verb::get; }
    /// Whether anything of a request's body is looked at.
    [[nodiscard]] bool takes_body() const noexcept;
};

[[nodiscard]] std::span<const route> all_routes() noexcept;

struct route_match {
    const route* row = nullptr;  ///< null: none with this method
    std::string parameter;       ///< what stands for the `{name}`
    bool known_path = false;     ///< the path has rows, perhaps with other methods
};
/// `path` as it stands in the target. Nothing when its percent-encoding is malformed.
[[nodiscard]] std::optional<route_match> find_route(verb method, std::string_view path);
/// `GET, HEAD, OPTIONS` for the path.
[[nodiscard]] std::string allowed_methods(std::string_view path);

}  // namespace valhalla::http
