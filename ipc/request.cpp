// SPDX-License-Identifier: Apache-2.0
#include "ipc/request.hpp"

#include <fmt/format.h>

#include "ipc/excerpt.hpp"
#include "ipc/limits.hpp"
#include "ipc/plain_request.hpp"

namespace valhalla::ipc {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// The members of an envelope as they stand, before anything is made of them.
struct envelope {
    json_value jsonrpc, id, method, params;
    bool has_jsonrpc = false;
    bool has_id = false;
    bool has_method = false;
    bool has_params = false;
    std::string unknown_key;
};

void set_malformed(parsed_line& out, const json_fault& fault) {
    out.error.code = error_code::parse_error;
    out.error.data_members = fmt::format(R"("offset":{})", fault.offset);
    if (fault.key.empty()) {
        out.error.message = fmt::format("malformed JSON at byte {}: {}", fault.offset, fault.what);
        return;
    }
    const std::string key = excerpt(fault.key, max_excerpt_bytes);
    out.error.message =
        fmt::format("malformed JSON at byte {}: the key \"{}\" occurs twice in one object", fault.offset, key);
    append_text_member(out.error.data_members, "key", key);
}

void set_invalid(parsed_line& out, std::string message, std::string_view key = {},
                 error_code code = error_code::invalid_request) {
    out.error.code = code;
    out.error.message = std::move(message);
    out.error.data_members.clear();
    if (!key.empty()) {
        append_text_member(out.error.data_members, "key", key);
    }
}

json_value* member_named(envelope& e, const json_string& key, std::string& buffer) {
    const auto mark = [](bool& present, json_value& v) {
        present = true;
        return &v;
    };
    const std::string_view name = key.text(buffer);
    if (name == "jsonrpc") {
        return mark(e.has_jsonrpc, e.jsonrpc);
    }
    if (name == "id") {
        return mark(e.has_id, e.id);
    }
    if (name == "method") {
        return mark(e.has_method, e.method);
    }
    if (name == "params") {
        return mark(e.has_params, e.params);
    }
    return nullptr;
}

/// False when the text is no object, or malformed: then `in` knows why.
bool read_envelope(json_reader& in, request_scratch& scratch, envelope& e) {
    json_string key;
    json_value other;
    if (!in.enter_object()) {
        return false;
    }
    while (in.next_key(key)) {
        json_value* const member = member_named(e, key, scratch.method);
        if (member == nullptr && e.unknown_key.empty()) {
            e.unknown_key = excerpt(key.text(scratch.method), max_excerpt_bytes);
            e.unknown_key += e.unknown_key.empty() ? "(empty)" : "";
        }
        if (!in.read(member != nullptr ? *member : other)) {
            return false;
        }
    }
    return in.finish();
}

bool is_empty_array(std::string_view raw) {
    return raw.find_first_not_of(" \t\r\n", 1) == raw.size() - 1;
}

/// The id decides to whom everything else is answered, so it comes first.
bool take_id(const envelope& e, parsed_line& out) {
    if (!e.has_id) {
        return true;
    }
    const bool good_kind =
        e.id.kind == json_kind::string || e.id.kind == json_kind::number || e.id.kind == json_kind::null;
    if (!good_kind) {
        set_invalid(out, fmt::format("\"id\" must be a string, a number or null, not {}", with_article(e.id.kind)),
                    "id");
        return false;
    }
    if (e.id.raw.size() > max_id_bytes) {
        set_invalid(out, fmt::format("\"id\" must have at most {} bytes, not {}", max_id_bytes, e.id.raw.size()), "id");
        return false;
    }
    out.id = e.id.raw;
    out.req.id = e.id.raw;
    return true;
}

bool take_version_and_method(const envelope& e, request_scratch& scratch, parsed_line& out) {
    if (!e.has_jsonrpc || e.jsonrpc.kind != json_kind::string || !e.jsonrpc.string().equals("2.0")) {
        set_invalid(out, R"("jsonrpc" must be exactly "2.0")", "jsonrpc");
        return false;
    }
    if (!e.has_method || e.method.kind != json_kind::string) {
        set_invalid(out,
                    e.has_method ? fmt::format("\"method\" must be a string, not {}", with_article(e.method.kind))
                                 : std::string{R"("method" is missing)"},
                    "method");
        return false;
    }
    if (!e.unknown_key.empty()) {
        set_invalid(out,
                    fmt::format("unknown member \"{}\": a request has jsonrpc, id, method and params", e.unknown_key),
                    e.unknown_key);
        return false;
    }
    out.req.method = e.method.string().text(scratch.method);
    return true;
}

bool take_params(const envelope& e, parsed_line& out) {
    if (!e.has_params) {
        return true;
    }
    switch (e.params.kind) {
        case json_kind::object: out.req.params = e.params.raw; return true;
        case json_kind::array:
            if (is_empty_array(e.params.raw)) {
                return true;
            }
            set_invalid(out, R"("params" must be an object: parameters go by name)", "params",
                        error_code::invalid_params);
            return false;
        case json_kind::string:
        case json_kind::number:
        case json_kind::boolean:
        case json_kind::null: break;
    }
    set_invalid(out, fmt::format("\"params\" must be an object, not {}", with_article(e.params.kind)), "params");
    return false;
}

}  // namespace

void parse_request(std::string_view text, request_scratch& scratch, bool in_batch, parsed_line& out) {
    if (read_plain_request(text, scratch.json, out.req)) {
        out.what = parse_outcome::request;
        out.id = out.req.is_notification() ? null_id : out.req.id;
        return;
    }
    out.what = parse_outcome::mistaken;
    out.req = {};
    out.id = null_id;
    json_reader in{text, scratch.json};
    const auto kind = in.peek();
    if (kind == json_kind::array && !in_batch) {
        out.what = parse_outcome::batch;
        return;
    }
    if (kind == json_kind::object) {
        envelope e;
        if (!read_envelope(in, scratch, e)) {
            set_malformed(out, in.fault());
            return;
        }
        if (take_id(e, out) && take_version_and_method(e, scratch, out) && take_params(e, out)) {
            out.what = parse_outcome::request;
        }
        return;
    }
    json_value other;
    if (!kind && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        set_invalid(out, "an empty line is not a request", {}, error_code::parse_error);
    } else if (text.starts_with(byte_order_mark)) {
        set_invalid(out, "malformed JSON at byte 0: a byte order mark", {}, error_code::parse_error);
    } else if (!in.read(other) || !in.finish()) {
        set_malformed(out, in.fault());
    } else {
        set_invalid(out, fmt::format("a request must be an object, not {}", with_article(other.kind)));
    }
}

bool split_batch(std::string_view text, std::size_t max_elements, request_scratch& scratch,
                 std::vector<std::string_view>& elements, rpc_error& error) {
    elements.clear();
    json_reader in{text, scratch.json};
    json_value element;
    std::size_t count = 0;
    if (in.enter_array()) {
        while (in.next_element() && in.read(element)) {
            if (++count <= max_elements) {
                elements.push_back(element.raw);
            }
        }
    }
    parsed_line problem;
    if (!in.finish()) {
        set_malformed(problem, in.fault());
    } else if (count == 0) {
        set_invalid(problem, "a batch must not be empty");
    } else if (count > max_elements) {
        set_invalid(problem, fmt::format("a batch has at most {} requests, not {}", max_elements, count));
    } else {
        return true;
    }
    error = std::move(problem.error);
    return false;
}

namespace {

constexpr std::string_view begin_reply = R"({"jsonrpc":"2.0","id":)";

}  // namespace

void append_result(std::string& out, std::string_view id, std::string_view result_json) {
    constexpr std::string_view middle = R"(,"result":)";
    out += begin_reply;
    out += id;
    out += middle;
    out += result_json;
    out += '}';
}

void append_failure(std::string& out, std::string_view id, const rpc_error& error) {
    constexpr std::string_view middle = R"(,"error":)";
    out += begin_reply;
    out += id;
    out += middle;
    append_error(out, error);
    out += '}';
}

}  // namespace valhalla::ipc
