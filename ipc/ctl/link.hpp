// SPDX-License-Identifier: Apache-2.0
//
// Calls to the daemon as the commands see them. Parameters and answers are kept as the text that travels, so that
// numbers and key order come out of valhallactl exactly as they went in; the parsed form is for looking at.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "ipc/client.hpp"

namespace valhalla::ctl {

/// The `result` of a call.
struct answer {
    std::string text;  ///< one line of JSON, as the daemon wrote it
    boost::json::value value;
};

/// Throws `std::invalid_argument` when `text` is not JSON.
[[nodiscard]] answer make_answer(std::string text);

/// What a reply line holds. Throws `ipc::call_error` when that is an error and `ipc::connection_error` when it is
/// not a reply at all.
[[nodiscard]] answer read_reply(std::string_view line);

/// Whether the same call may well be answered a little later.
[[nodiscard]] bool is_temporary(const ipc::call_error& refusal);

/// Makes one call and waits. Throws `ipc::call_error` and `ipc::connection_error`.
using caller = std::function<answer(std::string_view method, std::string_view params_json)>;

/// Connects at the first call, so that mistakes on the command line show without a daemon. Waits `most` for an answer;
/// without it, as long as the method may take.
[[nodiscard]] caller call_socket(std::string socket_path, std::optional<std::chrono::milliseconds> most = {});

/// `params_json`, one object, with a further member `request_key`.
[[nodiscard]] std::string with_request_key(std::string_view params_json, std::string_view key);

/// Builds a parameter object.
class params {
  public:
    params& text(std::string_view name, std::string_view value);
    params& number(std::string_view name, std::int64_t value);
    params& number(std::string_view name, std::uint64_t value);
    params& flag(std::string_view name, bool value);
    /// `json` is one JSON value without line breaks; it travels as it stands.
    params& json(std::string_view name, std::string_view json);
    /// Nothing when `value` is absent.
    params& text_if(std::string_view name, const std::optional<std::string>& value);
    params& number_if(std::string_view name, const std::optional<std::uint64_t>& value);

    [[nodiscard]] std::string done() const { return '{' + members_ + '}'; }

  private:
    std::string members_;
};

/// `value` as a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view value);

/// Checks what a user typed to be one JSON object and takes line breaks out, nothing else. `what` names it in the
/// sentence of the `fault` (wrong usage).
[[nodiscard]] std::string json_object_of_user(std::string_view typed, std::string_view what);

}  // namespace valhalla::ctl
