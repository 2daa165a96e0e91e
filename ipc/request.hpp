// SPDX-License-Identifier: Apache-2.0
//
// The JSON-RPC 2.0 envelope: what one line says, and the text of what is answered. Pure: no socket, no state.
//
// Beyond the specification: the only members of a request are `jsonrpc`, `id`, `method` and `params`, any other is
// refused by name; parameters go by name, so `params` is an object (an empty array passes for none, as some client
// libraries send it); an id has at most `max_id_bytes` bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/errors.hpp"
#include "ipc/json_reader.hpp"

namespace valhalla::ipc {

/// Where an answer goes whose request has no usable id.
inline constexpr std::string_view null_id = "null";

/// One request; the views point into its line, or into `scratch` for a method name that was written with escapes.
struct request {
    std::string_view id;  ///< bytes as they stood: a string, a number, or `null`; empty for a notification
    std::string_view method;
    std::string_view params;  ///< an object as it stood, or empty

    [[nodiscard]] bool is_notification() const noexcept { return id.empty(); }
};

/// Memory for reading one line after the other.
struct request_scratch {
    json_scratch json;
    std::string method;
};

enum class parse_outcome : std::uint8_t {
    request = 0,
    batch = 1,     ///< the text is an array; `split_batch` takes it apart
    mistaken = 2,  ///< `error` is to be answered to `id`, which is `null` when it could not be told
};

struct parsed_line {
    parse_outcome what = parse_outcome::mistaken;
    request req;
    std::string_view id = null_id;
    rpc_error error;
};

/// Reads a line, or one element of a batch with `in_batch`: there an array is a mistake.
/// `out` is reused from line to line, so that nothing is allocated for a good request.
void parse_request(std::string_view text, request_scratch& scratch, bool in_batch, parsed_line& out);

/// The elements of the batch `text`, each as it stood. False and `error` set when the array is malformed, empty, or has
/// more than `max_elements`.
[[nodiscard]] bool split_batch(std::string_view text, std::size_t max_elements, request_scratch& scratch,
                               std::vector<std::string_view>& elements, rpc_error& error);

/// `{"jsonrpc":"2.0","id":…,"result":…}`, without a newline.
void append_result(std::string& out, std::string_view id, std::string_view result_json);
/// `{"jsonrpc":"2.0","id":…,"error":…}`, without a newline.
void append_failure(std::string& out, std::string_view id, const rpc_error& error);

}  // namespace valhalla::ipc
