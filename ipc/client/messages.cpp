// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <valhalla/error.hpp>
#include <valhalla/messages.hpp>
#include <valhalla/method.hpp>

#include <boost/json/parse.hpp>

#include "ipc/json_text.hpp"

namespace valhalla {

namespace json = boost::json;

namespace {

constexpr std::size_t max_answer_depth = 64;  // answers wrap values that may themselves be 16 deep
constexpr std::string_view key_name = "request_key";

std::string_view string_in(const json::object& from, std::string_view name) noexcept {
    const auto* const member = from.if_contains(name);
    const auto* const text = member != nullptr ? member->if_string() : nullptr;
    return text != nullptr ? std::string_view{text->data(), text->size()} : std::string_view{};
}

std::string_view kind_in(const json::object& error) noexcept {
    const auto* const data = error.if_contains("data");
    const auto* const object = data != nullptr ? data->if_object() : nullptr;
    return object != nullptr ? string_in(*object, "kind") : std::string_view{};
}

std::string_view kind_of(const json::value& refusal) noexcept {
    const auto* const object = refusal.if_object();
    return object != nullptr ? kind_in(*object) : std::string_view{};
}

}  // namespace

call_error::call_error(json::object answered)
    : error{std::string{string_in(answered, "message")}}, error_{std::move(answered)}, kind_{kind_in(error_)} {
    if (const auto* const code = error_.if_contains("code"); code != nullptr && code->is_int64()) {
        code_ = static_cast<int>(code->as_int64());
    }
}

std::string request_line(std::uint64_t id, std::string_view method, std::string_view params_json) {
    std::string line = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)";
    ipc::append_quoted(line, method);
    if (!params_json.empty()) {
        line += R"(,"params":)";
        line += params_json;
    }
    line += "}\n";
    return line;
}

message read_message(std::string_view line) {
    json::parse_options options;
    options.max_depth = max_answer_depth;
    boost::system::error_code fault;
    json::value read = json::parse(line, fault, {}, options);
    if (fault == json::error::exponent_overflow) {  // a number of somebody's, not a fault of the daemon's
        fault.clear();
        read = json::parse(ipc::with_short_exponents(line), fault, {}, options);
    }
    auto* const object = fault ? nullptr : read.if_object();
    message out;
    if (object == nullptr) {
        return out;
    }
    const auto take = [&](std::string_view name, message::type what) {
        auto* const member = object->if_contains(name);
        if (member == nullptr) {
            return false;
        }
        out.what = what;
        out.body = std::move(*member);
        return true;
    };
    if (const auto* const id = object->if_contains("id")) {
        if (id->is_uint64() || (id->is_int64() && id->get_int64() >= 0)) {
            out.id = id->to_number<std::uint64_t>();
        }
        const auto* const error = object->if_contains("error");
        if (error != nullptr && error->is_object()) {
            take("error", message::type::refusal);
        } else {
            take("result", message::type::result);
        }
    } else if (auto name = string_in(*object, "method"); !name.empty()) {
        out.name = name;
        if (!take("params", message::type::notification)) {
            out.what = message::type::notification;
        }
    }
    return out;
}

bool says_not_now(const json::value& refusal) noexcept {
    return kind_of(refusal) == "shutting_down";
}

bool says_unknown(const json::value& refusal) noexcept {
    return kind_of(refusal) == "outcome_unknown";
}

bool may_be_repeated(std::string_view method, const json::object& params) noexcept {
    switch (repeat_of(method)) {
        case repeat::always: return true;
        case repeat::with_request_key: return !string_in(params, key_name).empty();
        case repeat::never: return false;
    }
    return false;
}

}  // namespace valhalla
