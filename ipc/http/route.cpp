// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/route.hpp"

#include <algorithm>
#include <unordered_map>

#include "ipc/http/target.hpp"

namespace valhalla::http {

namespace {

struct path_index {
    std::unordered_map<std::string_view, std::vector<const route*>> literal;
    std::vector<const route*> patterns;

    path_index() {
        for (const auto& row : all_routes()) {
            if (row.path.ends_with('}')) {
                patterns.push_back(&row);
            } else {
                literal[row.path].push_back(&row);
            }
        }
    }
};

const path_index& index_of_paths() {
    static const path_index index;
    return index;
}

/// What stands for the `{name}` of `pattern` in `path`.
std::optional<std::string_view> matched(std::string_view pattern, std::string_view path) {
    const auto brace = pattern.find('{');
    if (!path.starts_with(pattern.substr(0, brace)) || path.size() == brace) {
        return std::nullopt;
    }
    const auto rest = path.substr(brace);
    const bool deep = pattern.ends_with("...}");
    return deep || rest.find('/') == std::string_view::npos ? std::optional{rest} : std::nullopt;
}

template <class Visit>
void for_each_row(std::string_view path, const Visit& visit) {
    const auto& index = index_of_paths();
    if (const auto found = index.literal.find(path); found != index.literal.end()) {
        for (const auto* const row : found->second) {
            visit(*row, std::string_view{});
        }
        return;
    }
    for (const auto* const row : index.patterns) {
        if (const auto parameter = matched(row->path, path)) {
            visit(*row, *parameter);
        }
    }
}

}  // namespace

bool route::takes_body() const noexcept {
    return how == special::rpc || how == special::add_checkpoint || std::ranges::any_of(params, [](const auto& param) {
               return param.from == where::body || param.from == where::query_or_body;
           });
}

std::optional<route_match> find_route(verb method, std::string_view path) {
    std::string decoded;
    if (path.find('%') != std::string_view::npos) {
        auto text = percent_decoded(path, false);
        if (!text) {
            return std::nullopt;
        }
        // An encoded slash is not one that separates.
        const auto slashes = [](std::string_view in) { return std::ranges::count(in, '/'); };
        if (slashes(*text) != slashes(path)) {
            return route_match{};
        }
        decoded = std::move(*text);
        path = decoded;
    }
    route_match match;
    for_each_row(path, [&](const route& row, std::string_view parameter) {
        match.known_path = true;
        const bool head = method == verb::head && row.method == verb::get && !row.records;
        if (match.row == nullptr && (row.method == method || head)) {
            match.row = &row;
            match.parameter = parameter;
        }
    });
    return match;
}

std::string allowed_methods(std::string_view path) {
    std::string methods;
    for_each_row(path, [&](const route& row, std::string_view) {
        methods += row.method == verb::get ? (row.records ? "GET, " : "GET, HEAD, ") : "POST, ";
    });
    return methods + "OPTIONS";
}

}  // namespace valhalla::http
