// SPDX-License-Identifier: Apache-2.0
#include "ipc/call_list.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "ipc/excerpt.hpp"

namespace valhalla::ipc {

namespace {

constexpr std::string_view form_words = R"(an object like {"method":"session.note","params":{"text":"…"}})";

/// The same about one of the calls.
bool refuse_call(rpc_error& error, std::string_view name, std::size_t index, std::string_view message) {
    refuse_parameter(error, name, fmt::format(R"("{}"[{}] {})", name, index, message));
    error.data_members += fmt::format(R"(,"call":{})", index);
    return false;
}

/// `raw` is an object that a reader accepted.
bool read_call(std::string_view name, std::size_t index, std::string_view raw, listed_call& out, rpc_error& error) {
    json_scratch scratch;
    json_reader in{raw, scratch};
    json_string key;
    json_value value;
    std::string buffer;
    const bool entered = in.enter_object();
    while (entered && in.next_key(key) && in.read(value)) {
        const std::string_view member = key.text(buffer);
        if (member == "method" && value.kind == json_kind::string) {
            out.method = value.string().text(buffer);
        } else if (member == "params" && value.kind == json_kind::object) {
            out.params = value.raw;
        } else if (member == "method" || member == "params") {
            return refuse_call(error, name, index,
                               fmt::format("must be {}: its {} is {}", form_words, member, with_article(value.kind)));
        } else {
            return refuse_call(
                error, name, index,
                fmt::format("must be {}: it has no member \"{}\"", form_words, excerpt(member, max_excerpt_bytes)));
        }
    }
    return !out.method.empty() || refuse_call(error, name, index, fmt::format("must be {}", form_words));
}

}  // namespace

bool read_calls(std::string_view name, const json_value& v, const call_list_rules& rules, std::vector<listed_call>& out,
                rpc_error& error) {
    out.clear();
    if (v.kind != json_kind::array) {
        return refuse_parameter(error, name,
                                fmt::format(R"("{}" must be an array of calls, not {})", name, with_article(v.kind)));
    }
    json_scratch scratch;
    json_reader in{v.raw, scratch};
    json_value item;
    const bool entered = in.enter_array();
    while (entered && in.next_element() && in.read(item)) {
        if (out.size() == rules.max_items) {
            return refuse_parameter(error, name,
                                    fmt::format(R"("{}" must have at most {} calls)", name, rules.max_items));
        }
        const std::size_t index = out.size();
        if (item.kind != json_kind::object) {
            return refuse_call(error, name, index,
                               fmt::format("must be {}, not {}", form_words, with_article(item.kind)));
        }
        if (!read_call(name, index, item.raw, out.emplace_back(), error)) {
            return false;
        }
    }
    return !out.empty() || refuse_parameter(error, name, fmt::format(R"("{}" must not be empty)", name));
}

void append_schema(std::string& out, const call_list_rules& rules) {
    fmt::format_to(std::back_inserter(out),
                   R"("type":"array","maxItems":{},"items":{{"type":"object","required":["method"],"properties":{{)"
                   R"("method":{{"type":"string"}},"params":{{"type":"object"}}}}}})",
                   rules.max_items);
}

void append_words(std::string& out, const call_list_rules& rules) {
    fmt::format_to(std::back_inserter(out), "1 to {} items, each {}", rules.max_items, form_words);
}

void name_call(rpc_error& error, std::size_t index, std::string_view method) {
    error.data_members += fmt::format(R"({}"call":{})", error.data_members.empty() ? "" : ",", index);
    append_text_member(error.data_members, "method", method);
}

}  // namespace valhalla::ipc
