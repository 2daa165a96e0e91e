// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/target.hpp"

#include <algorithm>

#include "ipc/http/limits.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::http {

namespace {

[[nodiscard]] int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const auto lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// `lower_case` in any case.
[[nodiscard]] bool begins_with(std::string_view text, std::string_view lower_case) noexcept {
    return std::ranges::equal(text.substr(0, lower_case.size()), lower_case, [](char given, char expected) {
        return expected == (given >= 'A' && given <= 'Z' ? static_cast<char>(given + 32) : given);
    });
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += c == '+' && plus_is_space ? ' ' : c;
        }
    }
    if (!ipc::is_utf8(out)) {
        return std::nullopt;
    }
    return out;
}

std::optional<target_parts> split_target(std::string_view target) {
    target_parts parts;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (begins_with(target, scheme)) {
            target.remove_prefix(scheme.size());
            const auto end = std::min(target.find_first_of("/?"), target.size());
            parts.authority = target.substr(0, end);
            target.remove_prefix(end);
            if (parts.authority.empty()) {
                return std::nullopt;
            }
            if (!target.starts_with('/')) {
                parts.path = "/";
                parts.query = target.empty() ? target : target.substr(1);
                return parts;
            }
        }
    }
    if (!target.starts_with('/') && target != "*") {
        return std::nullopt;
    }
    const auto mark = target.find('?');
    parts.path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
        parts.query = target.substr(mark + 1);
    }
    return parts;
}

std::optional<std::vector<query_parameter>> parse_query(std::string_view query) {
    std::vector<query_parameter> parameters;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto one = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (one.empty()) {
            continue;
        }
        const auto equals = std::min(one.find('='), one.size());
        auto name = percent_decoded(one.substr(0, equals), true);
        auto value = percent_decoded(one.substr(std::min(equals + 1, one.size())), true);
        if (!name || !value || parameters.size() == max_query_parameters) {
            return std::nullopt;
        }
        parameters.push_back({std::move(*name), std::move(*value)});
    }
    return parameters;
}

}  // namespace valhalla::http
