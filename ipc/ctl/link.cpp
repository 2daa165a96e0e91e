// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/link.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 64;  // the daemon's answers wrap values that may themselves be 16 deep

json::value parse(std::string_view text, boost::system::error_code& error) {
    json::parse_options options;
    options.max_depth = max_depth;
    auto value = json::parse(text, error, {}, options);
    if (error == json::error::exponent_overflow) {  // no fault of the text, and it is kept beside
        error.clear();
        value = json::parse(ipc::with_short_exponents(text), error, {}, options);
    }
    return value;
}

/// Whole histories are read and written by these, which takes as long as it takes; anything else is a matter of
/// milliseconds. Interrupting is up to the user.
std::chrono::milliseconds patience_for(std::string_view method) {
    const bool whole_history =
        method.starts_with("export.") || method.starts_with("import.") || method == "backup.create";
    return whole_history ? std::chrono::milliseconds{std::chrono::hours{1}} : std::chrono::seconds{30};
}

void append_name(std::string& members, std::string_view name) {
    if (!members.empty()) {
        members += ',';
    }
    members += '"';
    members += name;
    members += "\":";
}

}  // namespace

bool is_temporary(const ipc::call_error& refusal) {
    return refusal.kind() == "overloaded" || refusal.kind() == "shutting_down" || refusal.kind() == "rate_limited";
}

answer make_answer(std::string text) {
    boost::system::error_code error;
    auto value = parse(text, error);
    if (error) {
        throw std::invalid_argument{fmt::format("not JSON: {}", error.message())};
    }
    return {std::move(text), std::move(value)};
}

answer read_reply(std::string_view line) {
    boost::system::error_code error;
    auto value = parse(line, error);
    auto* object = value.if_object();
    if (error || object == nullptr) {
        throw ipc::connection_error{"what listens there does not answer in JSON-RPC: it is not valhallad"};
    }
    if (const auto* refusal = object->if_contains("error"); refusal != nullptr && refusal->is_object()) {
        throw ipc::call_error{refusal->get_object()};
    }
    auto* result = object->if_contains("result");
    if (result == nullptr) {
        throw ipc::connection_error{"what listens there answers without a result: it is not valhallad"};
    }
    return {std::string{member_span(line, "result")}, std::move(*result)};
}

caller call_socket(std::string socket_path, std::optional<std::chrono::milliseconds> most) {
    return [path = std::move(socket_path), most, connection = std::shared_ptr<ipc::client>{}](
               std::string_view method, std::string_view params_json) mutable {
        if (connection == nullptr) {
            connection = std::make_shared<ipc::client>(
                client_options{.socket = path, .timeout = most.value_or(patience_for(method)), .retries = 0});
        }
        try {
            return read_reply(connection->call_raw(method, params_json));
        } catch (const ipc::connection_error&) {
            connection.reset();  // the next call connects again
            throw;
        }
    };
}

std::string with_request_key(std::string_view params_json, std::string_view key) {
    const auto end = params_json.rfind('}');
    const auto last = params_json.find_last_not_of(" \t", end == 0 ? 0 : end - 1);
    const bool none = last == std::string_view::npos || params_json[last] == '{';
    return fmt::format("{}{}\"request_key\":{}}}", params_json.substr(0, end), none ? "" : ",", json_string(key));
}

params& params::text(std::string_view name, std::string_view value) {
    return json(name, json_string(value));
}

params& params::number(std::string_view name, std::int64_t value) {
    return json(name, std::to_string(value));
}

params& params::number(std::string_view name, std::uint64_t value) {
    return json(name, std::to_string(value));
}

params& params::flag(std::string_view name, bool value) {
    return json(name, value ? "true" : "false");
}

params& params::json(std::string_view name, std::string_view json) {
    append_name(members_, name);
    members_ += json;
    return *this;
}

params& params::text_if(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, *value) : *this;
}

params& params::number_if(std::string_view name, const std::optional<std::uint64_t>& value) {
    return value ? number(name, *value) : *this;
}

std::string json_string(std::string_view value) {
    return json::serialize(json::string_view{value.data(), value.size()});
}

std::string json_object_of_user(std::string_view typed, std::string_view what) {
    boost::system::error_code error;
    const auto value = parse(typed, error);
    if (error) {
        throw fault{exit_code::wrong_usage, fmt::format("{} must be valid JSON: {}", what, error.message())};
    }
    if (!value.is_object()) {
        throw fault{exit_code::wrong_usage, fmt::format("{} must be a JSON object, like {{\"key\": 1}}", what)};
    }
    std::string line{typed};
    // Valid JSON has line breaks between tokens only.
    std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return line;
}

}  // namespace valhalla::ctl
