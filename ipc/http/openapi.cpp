// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/openapi.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "ipc/http/json_members.hpp"
#include "ipc/http/route.hpp"
#include "ipc/http/shape_schemas.hpp"
#include "ipc/http/shapes.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

/// What the daemon says of a method, by parameter.
struct described_method {
    std::map<std::string, std::string_view, std::less<>> params;  ///< their schemas
    std::map<std::string, std::string_view, std::less<>> meanings;
    std::string_view result;  ///< schema
};
using described_methods = std::map<std::string, described_method, std::less<>>;

constexpr std::string_view refusal_reference = R"({"$ref":"#/components/responses/refusal"})";
constexpr std::string_view refusal_response =
    R"({"description":"Refused: why, as a sentence, or for 422 as a list of what is wrong with which parameter.",)"
    R"("content":{"application/json":{"schema":{"type":"object","required":["detail"],"properties":{"detail":{"anyOf":[)"
    R"({"type":"string"},{"type":"array","items":{"type":"object","required":["loc","msg","type"],"properties":{)"
    R"("loc":{"type":"array","items":{"type":["string","integer"]}},"msg":{"type":"string"},"type":{"type":"string"}}}}]}}}}}})";

constexpr std::string_view security_schemes =
    R"({"key":{"type":"apiKey","in":"header","name":"X-VALHALLA-KEY"},)"
    R"("login":{"type":"apiKey","in":"cookie","name":"valhalla-login",)"
    R"("description":"Of POST /login; over https its name is __Host-valhalla-login."},)"
    R"("token":{"type":"apiKey","in":"header","name":"X-VALHALLA-CSRF",)"
    R"("description":"csrf of the answer to POST /login or GET /login."}})";
constexpr std::string_view login_schema =
    R"({"type":"object","required":["operator","role","csrf","ends_in_s"],"properties":{"operator":{"type":"string"},)"
    R"("role":{"type":"string"},"csrf":{"type":["string","null"]},"ends_in_s":{"type":["integer","null"]}}})";
constexpr std::string_view logout_schema =
    R"({"type":"object","required":["ended"],"properties":{"ended":{"type":"boolean"}}})";

[[nodiscard]] std::optional<described_methods> read_methods(std::string_view list) {
    const auto elements = json_elements(list);
    if (!elements) {
        return std::nullopt;
    }
    described_methods methods;
    for (const auto& element : *elements) {
        const auto method = json_members::of(element);
        const auto params = method ? json_elements((*method)["params"]) : std::nullopt;
        const auto result = method ? json_members::of((*method)["result"]) : std::nullopt;
        if (!params || !result) {
            return std::nullopt;
        }
        auto& made = methods[json_text((*method)["name"])];
        made.result = (*result)["schema"];
        for (const auto& one : *params) {
            if (const auto param = json_members::of(one)) {
                const auto name = json_text((*param)["name"]);
                made.params[name] = (*param)["schema"];
                made.meanings[name] = (*param)["description"];
            }
        }
    }
    return methods;
}

[[nodiscard]] std::string json_string(std::string_view text) {
    std::string out;
    ipc::append_quoted(out, text);
    return out;
}

[[nodiscard]] std::string_view schema_of(const described_method* method, std::string_view name) {
    if (method != nullptr) {
        if (const auto found = method->params.find(name); found != method->params.end()) {
            return found->second;
        }
    }
    return "{}";
}

/// Of the export: those that are small whatever happened.
constexpr std::string_view document_names =
    R"({"type":"string","enum":["go_session.json","go_progress.json","cone_state.json","thresholds.json"]})";

/// `/tlog/tile/{tile...}` is not a template of OpenAPI, which knows segments alone.
[[nodiscard]] std::string template_of(std::string_view path) {
    std::string text{path};
    if (const auto dots = text.find("...}"); dots != std::string::npos) {
        text.erase(dots, 3);
    }
    return text;
}

void append_parameters(std::string& out, const route& row, const described_method* method) {
    append_member(out, "parameters", "[");
    const auto separate = [&out] { out += out.back() == '[' ? "" : ","; };
    bool named = false;
    for (const auto& param : row.params) {
        if (param.from == where::body) {
            continue;
        }
        separate();
        named = named || param.from == where::path;
        out += "{";
        append_member(out, "name", json_string(param.name));
        append_member(out, "in", param.from == where::path ? "\"path\"" : "\"query\"");
        // What the body may have as well is not required of the query.
        append_member(out, "required", param.required && param.from != where::query_or_body ? "true" : "false");
        append_member(out, "schema", row.shape == shape_document ? document_names : schema_of(method, param.name));
        if (method != nullptr && method->meanings.contains(std::string{param.name})) {
            append_member(out, "description", method->meanings.find(param.name)->second);
        }
        out += "}";
    }
    if (const auto brace = row.path.find('{'); brace != std::string_view::npos && !named) {
        separate();
        auto name = template_of(row.path).substr(brace + 1);
        name.pop_back();
        out += "{";
        append_member(out, "name", json_string(name));
        out += R"(,"in":"path","required":true,"schema":{"type":"string"}})";
    }
    if (row.via == lane::change && !row.params.empty()) {
        separate();
        out +=
            R"({"name":"Idempotency-Key","in":"header","required":false,"schema":{"type":"string","maxLength":128},)"
            R"("description":"New for each request; a retry with the same one is done once and gets the first answer."})";
    }
    out += "]";
}

void append_body(std::string& out, const route& row, const described_method* method) {
    if (!row.changes() || row.how == special::logout) {
        return;
    }
    append_member(out, "requestBody", "{");
    if (row.how == special::add_checkpoint) {
        out += R"("required":true,"content":{"text/plain":{"schema":{"type":"string"}}}})";
        return;
    }
    if (row.how == special::rpc) {
        out += R"("required":true,"content":{"application/json":{"schema":{"type":["object","array"]}}}})";
        return;
    }
    out += R"("required":false,"content":{"application/json":{"schema":{"type":"object","properties":{)";
    std::string required;
    for (const auto& param : row.params) {
        if (param.from == where::body || param.from == where::query_or_body) {
            append_member(out, param.name, method == nullptr ? R"({"type":"string"})" : schema_of(method, param.name));
            if (param.required && param.from == where::body) {
                required.append(required.empty() ? "" : ",").append(json_string(param.name));
            }
        }
    }
    out += "}";
    if (!required.empty()) {
        append_member(out, "required", "[" + required + "]");
    }
    out += "}}}}";
}

void append_answer(std::string& out, const route& row, const described_method* method) {
    append_member(out, "responses", R"({"200":{"description":"Done.","content":{)");
    const auto content = [&out](std::string_view type, std::string_view schema) {
        out.append("\"").append(type).append(R"(":{"schema":)").append(schema).append("}}}");
    };
    const bool is_text = row.shape == shape_note || row.shape == shape_metrics || row.shape == shape_signatures;
    if (row.how == special::stream) {
        content("text/event-stream", R"({"type":"string"})");
    } else if (row.how == special::archive) {
        content("application/x-tar", "{}");
    } else if (row.how == special::login) {
        content("application/json", login_schema);
    } else if (row.how == special::logout) {
        content("application/json", logout_schema);
    } else if (row.shape == shape_tile) {
        content("application/octet-stream", "{}");
    } else if (is_text) {
        content("text/plain", R"({"type":"string"})");
    } else if (row.shape == shape_document) {
        content("*/*", "{}");
    } else if (row.how == special::none && (row.shape == shape_as_is || row.shape == shape_secret) &&
               method != nullptr) {
        content("application/json", method->result);
    } else if (row.how == special::health_check) {
        content("application/json",
                R"({"type":"object","properties":{"status":{"const":"ok"}},"required":["status"]})");
    } else {
        const auto shaped = schema_of_shape(row.shape);
        content("application/json", shaped.empty() ? R"({"type":["object","array"]})" : std::string_view{shaped});
    }
    append_member(out, "4XX", refusal_reference);
    append_member(out, "5XX", refusal_reference);
    out += "}";
}

[[nodiscard]] std::string operation_id(const route& row) {
    std::string id = row.method == verb::get ? "get" : "post";
    for (const char c : row.path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        id += letter ? c : '_';
    }
    return id;
}

void append_operation(std::string& out, const route& row, const described_methods& methods) {
    const auto found = methods.find(row.rpc);
    const auto* const method = found == methods.end() ? nullptr : &found->second;
    append_member(out, row.method == verb::get ? "get" : "post", "{");
    append_member(out, "operationId", json_string(operation_id(row)));
    append_member(out, "summary", json_string(row.summary));
    append_parameters(out, row, method);
    append_body(out, row, method);
    append_answer(out, row, method);
    if (row.open) {
        append_member(out, "security", "[]");
    } else if (row.records) {
        append_member(out, "security", R"([{},{"key":[]}])");
    } else if (row.changes()) {
        append_member(out, "security", R"([{},{"key":[]},{"login":[],"token":[]}])");
    }
    out += "}";
}

/// Of the daemon's schemas those that `out` refers to already, and those that these refer to.
void append_used_schemas(std::string& out, const json_members& schemas) {
    std::vector<bool> used(schemas.all().size(), false);
    std::vector<std::string_view> unread;
    const auto mark_in = [&](std::string_view text) {
        for (std::size_t i = 0; i < used.size(); ++i) {
            const auto& [name, schema] = schemas.all()[i];
            const auto reference = "\"#/components/schemas/" + std::string{name} + "\"";
            if (!used[i] && text.find(reference) != std::string_view::npos) {
                used[i] = true;
                unread.push_back(schema);
            }
        }
    };
    mark_in(out);
    while (!unread.empty()) {
        const auto next = unread.back();
        unread.pop_back();
        mark_in(next);
    }
    append_member(out, "schemas", "{");
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i]) {
            append_member(out, schemas.all()[i].name, schemas.all()[i].value);
        }
    }
    out += "}";
}

}  // namespace

std::optional<std::string> openapi_document(std::string_view discovered) {
    const auto document = json_members::of(discovered);
    const auto info = document ? json_members::of((*document)["info"]) : std::nullopt;
    const auto components = document ? json_members::of((*document)["components"]) : std::nullopt;
    const auto schemas = components ? json_members::of((*components)["schemas"]) : std::nullopt;
    const auto methods = document ? read_methods((*document)["methods"]) : std::nullopt;
    if (!info || !schemas || !methods) {
        return std::nullopt;
    }
    std::string out = R"({"openapi":"3.1.0","info":{"title":"valhalla-gateway")";
    append_member(out, "version", (*info)["version"]);
    append_member(out, "license", R"({"name":"Apache-2.0","identifier":"Apache-2.0"}})");
    append_member(out, "servers", R"([{"url":"/"}])");
    append_member(out, "security", R"([{},{"key":[]},{"login":[]}])");
    append_member(out, "paths", "{");
    std::vector<std::string_view> done;
    for (const auto& first : all_routes()) {
        if (std::ranges::find(done, first.path) != done.end()) {
            continue;
        }
        done.push_back(first.path);
        append_member(out, template_of(first.path), "{");
        for (const auto& row : all_routes()) {
            if (row.path == first.path) {
                append_operation(out, row, *methods);
            }
        }
        out += "}";
    }
    out += "}";
    append_member(out, "components", "{");
    append_member(out, "securitySchemes", security_schemes);
    append_member(out, "responses", "{");
    append_member(out, "refusal", refusal_response);
    out += "}";
    append_used_schemas(out, *schemas);
    out += "}}";
    return out;
}

}  // namespace valhalla::http
