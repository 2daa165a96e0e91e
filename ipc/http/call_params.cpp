// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/call_params.hpp"

#include <algorithm>
#include <optional>

#include "ipc/http/json_members.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

[[nodiscard]] std::string_view name_of(where from, bool in_body) noexcept {
    switch (from) {
        case where::query: return "query";
        case where::body: return "body";
        case where::path: return "path";
        case where::query_or_body: return in_body ? "body" : "query";
    }
    return "query";
}

[[nodiscard]] bool is_decimal(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// And nothing around it: white space, a line's end above all, would go to the daemon as it is.
[[nodiscard]] bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 32 && (text.front() == '-' || is_decimal(text.front())) &&
           is_decimal(text.back()) && !problem_with_json(text);
}

[[nodiscard]] bool is_integer(std::string_view text) {
    return is_number(text) && text.find_first_of(".eE") == std::string_view::npos;
}

/// The JSON value that a text of the path or the query means.
std::optional<std::string> value_of(value_type type, const std::string& text, field_problem& problem) {
    std::string json;
    switch (type) {
        case value_type::text: ipc::append_quoted(json, text); return json;
        case value_type::integer:
            if (is_integer(text)) {
                return text;
            }
            problem.message = "value is not a valid integer";
            problem.type = "type_error.integer";
            return std::nullopt;
        case value_type::number:
            if (is_number(text)) {
                return text;
            }
            problem.message = "value is not a valid number";
            problem.type = "type_error.float";
            return std::nullopt;
        case value_type::boolean:
            if (text == "true" || text == "1") {
                return "true";
            }
            if (text == "false" || text == "0") {
                return "false";
            }
            problem.message = "value could not be parsed to a boolean";
            problem.type = "type_error.bool";
            return std::nullopt;
        case value_type::object:
            if (text.starts_with('{') && !problem_with_json(text)) {
                ipc::append_minified(json, text);
                return json;
            }
            problem.message = "value is not a valid dict";
            problem.type = "type_error.dict";
            return std::nullopt;
    }
    return std::nullopt;
}

[[nodiscard]] const route_param* param_of(const route& row, std::string_view name) noexcept {
    const auto found = std::ranges::find_if(row.params, [name](const auto& p) { return p.name == name; });
    return found == row.params.end() ? nullptr : &*found;
}

[[nodiscard]] bool from_query(const route_param& p) noexcept {
    return p.from == where::query || p.from == where::query_or_body;
}
[[nodiscard]] bool from_body(const route_param& p) noexcept {
    return p.from == where::body || p.from == where::query_or_body;
}

/// Gathers the parameters of one request.
class params_builder {
  public:
    explicit params_builder(const route& row) : row_{row}, given_(row.params.size(), false) { result_.json = "{"; }

    void add_fixed() {
        if (!row_.fixed.empty()) {
            result_.json += row_.fixed;
        }
    }

    void read_body(std::string_view body) {
        const auto blank = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
        if (blank || std::ranges::none_of(row_.params, from_body)) {
            return;
        }
        if (const auto problem = problem_with_json(body)) {
            result_.problems.push_back({"body", std::to_string(problem->offset),
                                        "The body is not valid JSON: " + problem->what, "value_error.jsondecode"});
            return;
        }
        if (body.substr(body.find_first_not_of(" \t\r\n")).starts_with("null")) {
            return;
        }
        const auto members = json_members::of_request(body);
        if (!members) {
            result_.problems.push_back({"body", {}, "value is not a valid dict", "type_error.dict"});
            return;
        }
        for (const auto& [name, value] : members->all()) {
            const auto* const param = param_of(row_, name);
            if (param != nullptr && from_body(*param)) {
                std::string minified;
                ipc::append_minified(minified, value);
                add(*param, minified, "body");
            } else if (!row_.lenient) {
                unknown("body", name);
            }
        }
    }

    void read_query(const std::vector<query_parameter>& query) {
        for (const auto& [name, text] : query) {
            const auto* const param = param_of(row_, name);
            if (param != nullptr && from_query(*param)) {
                add_text(*param, text, "query");
            } else if (!row_.lenient) {
                unknown("query", name);
            }
        }
    }

    void read_path(std::string_view text) {
        for (const auto& param : row_.params) {
            if (param.from == where::path) {
                add_text(param, std::string{text}, "path");
            }
        }
    }

    void add_request_key(std::string_view key) {
        if (!key.empty()) {
            std::string quoted;
            ipc::append_quoted(quoted, key);
            append_member(result_.json, "request_key", quoted);
        }
    }

    call_params finish(bool has_body) {
        for (std::size_t i = 0; i < given_.size(); ++i) {
            const auto& param = row_.params[i];
            if (param.required && !given_[i] && result_.problems.empty()) {
                result_.problems.push_back(
                    {name_of(param.from, has_body), std::string{param.name}, "field required", "value_error.missing"});
                missing_ = true;
            } else if (param.required && !given_[i] && missing_) {
                result_.problems.push_back(
                    {name_of(param.from, has_body), std::string{param.name}, "field required", "value_error.missing"});
            }
        }
        result_.json += '}';
        return std::move(result_);
    }

  private:
    void add_text(const route_param& param, const std::string& text, std::string_view in) {
        field_problem problem{in, std::string{param.name}, {}, {}};
        if (const auto value = value_of(param.type, text, problem)) {
            add(param, *value, in);
        } else {
            result_.problems.push_back(std::move(problem));
        }
    }

    void add(const route_param& param, std::string_view value, std::string_view in) {
        const auto at = static_cast<std::size_t>(&param - row_.params.data());
        if (given_[at]) {
            result_.problems.push_back({in, std::string{param.name}, "given twice", "value_error"});
            return;
        }
        if (value == "null") {
            return;  // as if it were not there
        }
        given_[at] = true;
        append_member(result_.json, param.name, value);
    }

    void unknown(std::string_view in, std::string_view name) {
        result_.problems.push_back({in, std::string{name}, "extra fields not permitted", "value_error.extra"});
    }

    const route& row_;
    call_params result_;
    std::vector<bool> given_;
    bool missing_ = false;
};

}  // namespace

call_params params_of(const route& row, const call_source& from) {
    params_builder builder{row};
    builder.add_fixed();
    builder.read_path(from.path_parameter);
    builder.read_query(from.query);
    builder.read_body(from.body);
    builder.add_request_key(row.via == lane::change ? from.request_key : std::string_view{});
    return builder.finish(!from.body.empty());
}

std::string problems_body(const std::vector<field_problem>& problems) {
    std::string out = "{\"detail\":[";
    for (const auto& problem : problems) {
        if (out.back() != '[') {
            out += ',';
        }
        out.append("{\"loc\":[\"").append(problem.in).append("\"");
        if (!problem.name.empty()) {
            out += ',';
            // The place of a syntax error is a number, as before.
            const bool place = problem.type == "value_error.jsondecode";
            if (place) {
                out += problem.name;
            } else {
                ipc::append_quoted(out, problem.name);
            }
        }
        out += "],\"msg\":";
        ipc::append_quoted(out, problem.message);
        out.append(",\"type\":\"").append(problem.type).append("\"}");
    }
    return out + "]}";
}

std::string_view location_of(const route& row, std::string_view name, bool has_body) noexcept {
    const auto* const param = param_of(row, name);
    return param != nullptr ? name_of(param->from, has_body)
                            : std::string_view{row.method == verb::post ? "body" : "query"};
}

}  // namespace valhalla::http
