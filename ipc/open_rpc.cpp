// SPDX-License-Identifier: Apache-2.0
#include "ipc/open_rpc.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "ipc/json_reader.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::ipc {

namespace {

/// Puts commas between the members of one object or the elements of one array.
class separator {
  public:
    explicit separator(std::string& out) : out_{out} {}
    void operator()() {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
    }

  private:
    std::string& out_;
    bool first_ = true;
};

void append_text(std::string& out, std::string_view name, std::string_view text) {
    append_quoted(out, name);
    out += ':';
    append_quoted(out, text);
}

void append_shape_reference(std::string& out, std::string_view name) {
    fmt::format_to(std::back_inserter(out), R"({{"$ref":"#/components/schemas/{}"}})", name);
}

/// The schema of the value alone: what `nullable`, `array_of` and `map_of` add is around it.
void append_value_schema(std::string& out, const member& m) {
    switch (m.kind) {
        case value_kind::text: out += R"({"type":"string"})"; return;
        case value_kind::flag: out += R"({"type":"boolean"})"; return;
        case value_kind::time: out += R"({"type":"string","format":"date-time"})"; return;
        case value_kind::object: out += R"({"type":"object"})"; return;
        case value_kind::shape: append_shape_reference(out, m.of->name); return;
        case value_kind::word:
            out += '{';
            append_schema(out, m.words);
            out += '}';
            return;
        case value_kind::integer:
            fmt::format_to(std::back_inserter(out), R"({{"type":"integer","minimum":{})", m.range.minimum);
            if (m.range.maximum != integer_rules{}.maximum) {
                fmt::format_to(std::back_inserter(out), R"(,"maximum":{})", m.range.maximum);
            }
            out += '}';
            return;
        case value_kind::real:
            fmt::format_to(std::back_inserter(out), R"({{"type":"number","minimum":{})", m.bounds.minimum);
            if (m.bounds.maximum != std::numeric_limits<double>::max()) {
                fmt::format_to(std::back_inserter(out), R"(,"maximum":{})", m.bounds.maximum);
            }
            out += '}';
            return;
    }
}

void append_wrapped_schema(std::string& out, const member& m, std::size_t level) {
    const auto around = level < m.around.size() ? m.around[level] : wrapping::none;
    switch (around) {
        case wrapping::none: append_value_schema(out, m); return;
        case wrapping::array: out += R"({"type":"array","items":)"; break;
        case wrapping::map: out += R"({"type":"object","additionalProperties":)"; break;
    }
    append_wrapped_schema(out, m, level + 1);
    out += '}';
}

void append_member_schema(std::string& out, const member& m) {
    out += '{';
    append_text(out, "description", m.meaning);
    out += ',';
    if (m.nullable) {
        out += R"("anyOf":[)";
        append_wrapped_schema(out, m, 0);
        out += R"(,{"type":"null"}]})";
    } else if (m.kind == value_kind::shape && m.around[0] == wrapping::none) {
        out += R"("allOf":[)";  // beside `$ref` nothing counts
        append_wrapped_schema(out, m, 0);
        out += "]}";
    } else {
        std::string schema;
        append_wrapped_schema(schema, m, 0);
        out.append(schema, 1);
    }
}

void append_shape_schema(std::string& out, const shape& s) {
    out += R"({"type":"object")";
    if (!s.meaning.empty()) {
        out += ',';
        append_text(out, "description", s.meaning);
    }
    out += R"(,"required":[)";
    separator comma{out};
    for (const member& m : s.members) {
        if (m.required) {
            comma();
            append_quoted(out, m.name);
        }
    }
    out += R"(],"properties":{)";
    separator between{out};
    for (const member& m : s.members) {
        between();
        append_quoted(out, m.name);
        out += ':';
        append_member_schema(out, m);
    }
    out += "}}";
}

void append_parameters(std::string& out, const method_info& of) {
    out += R"("params":[)";
    separator comma{out};
    for (const auto& p : of.parameters) {
        comma();
        out += '{';
        append_text(out, "name", p.name);
        out += ',';
        append_text(out, "description", p.meaning);
        fmt::format_to(std::back_inserter(out), R"(,"required":{},"schema":{}}})", p.required, p.schema);
    }
    out += ']';
}

void append_result(std::string& out, const method_info& of) {
    out += R"("result":{"name":"result","schema":)";
    if (of.result.name.empty()) {
        append_shape_schema(out, of.result);
    } else {
        append_shape_reference(out, of.result.name);
    }
    out += '}';
}

void append_error_references(std::string& out, std::span<const error_code> codes) {
    out += '[';
    separator comma{out};
    for (const auto code : codes) {
        comma();
        fmt::format_to(std::back_inserter(out), R"({{"$ref":"#/components/errors/{}"}})", kind_of(code));
    }
    out += ']';
}

void append_example(std::string& out, const method_example& one) {
    out += R"({"name":"example","params":[)";
    json_scratch scratch;
    json_reader in{one.params, scratch};
    json_string key;
    json_value value;
    separator comma{out};
    if (in.enter_object()) {
        while (in.next_key(key) && in.read(value)) {
            comma();
            fmt::format_to(std::back_inserter(out), R"({{"name":"{}","value":{}}})", key.raw, value.raw);
        }
    }
    out += R"(],"result":{"name":"result","value":)" + one.result + "}}";
}

void append_notifications(std::string& out, std::span<const shape> notifications) {
    out += R"(,"x-notifications":[)";
    separator comma{out};
    for (const shape& one : notifications) {
        comma();
        out += '{';
        append_text(out, "name", one.name);
        out += R"(,"params":)";
        append_shape_schema(out, one);
        out += '}';
    }
    out += ']';
}

void append_method(std::string& out, const method_info& of) {
    out += '{';
    append_text(out, "name", of.name);
    out += ',';
    append_text(out, "summary", of.summary);
    out += R"(,"paramStructure":"by-name",)";
    append_parameters(out, of);
    out += ',';
    append_result(out, of);
    out += R"(,"errors":)";
    append_error_references(out, all_errors(of));
    if (!of.example.result.empty()) {
        out += R"(,"examples":[)";
        append_example(out, of.example);
        out += ']';
    }
    if (!of.notifications.empty()) {
        append_notifications(out, of.notifications);
    }
    out += ',';
    append_text(out, "x-role", to_text(of.needs));
    out += ',';
    append_text(out, "x-effect", to_text(of.kind));
    out += '}';
}

void append_error_component(std::string& out, error_code code) {
    append_quoted(out, kind_of(code));
    fmt::format_to(std::back_inserter(out), R"(:{{"code":{},)", static_cast<int>(code));
    append_text(out, "message", meaning_of(code));
    out += R"(,"data":{)";
    append_text(out, "kind", kind_of(code));
    out += "}}";
}

std::vector<error_code> errors_of(std::span<const method_info> methods) {
    std::vector<error_code> all{line_errors().begin(), line_errors().end()};
    for (const auto& m : methods) {
        std::ranges::copy(all_errors(m), std::back_inserter(all));
    }
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
}

void append_components(std::string& out, std::span<const method_info> methods) {
    out += R"("components":{"schemas":{)";
    separator between_shapes{out};
    for (const shape* s : shapes_of(methods)) {
        between_shapes();
        append_quoted(out, s->name);
        out += ':';
        append_shape_schema(out, *s);
    }
    out += R"(},"errors":{)";
    separator between_errors{out};
    for (const auto code : errors_of(methods)) {
        between_errors();
        append_error_component(out, code);
    }
    out += "}}";
}

void collect(std::vector<const shape*>& into, const shape& from) {
    for (const member& m : from.members) {
        if (m.of != nullptr && std::ranges::find(into, m.of->name, &shape::name) == into.end()) {
            into.push_back(m.of);
            collect(into, *m.of);
        }
    }
}

}  // namespace

std::vector<const shape*> shapes_of(std::span<const method_info> methods) {
    std::vector<const shape*> all;
    for (const auto& m : methods) {
        if (!m.result.name.empty() && std::ranges::find(all, m.result.name, &shape::name) == all.end()) {
            all.push_back(&m.result);
        }
        collect(all, m.result);
        for (const shape& one : m.notifications) {
            collect(all, one);
        }
    }
    return all;
}

std::string open_rpc_document(std::string_view version, std::span<const method_info> methods) {
    std::string out = R"({"openrpc":"1.2.6","info":{"title":"valhallad",)";
    append_text(out, "version", version);
    out += R"(,"license":{"name":"Apache-2.0"}},"methods":[)";
    separator comma{out};
    for (const auto& m : methods) {
        comma();
        append_method(out, m);
    }
    out += "],";
    append_components(out, methods);
    out += R"(,"x-errors":)";
    append_error_references(out, line_errors());
    out += '}';
    return out;
}

}  // namespace valhalla::ipc
