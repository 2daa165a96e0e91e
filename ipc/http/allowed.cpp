// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/allowed.hpp"

#include <algorithm>

namespace valhalla::http {

namespace {

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

[[nodiscard]] bool same_host(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() &&
           std::equal(one.begin(), one.end(), other.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

host_list::host_list(std::vector<std::string> hosts) : hosts_{std::move(hosts)} {}

bool host_list::allows(std::string_view host) const noexcept {
    return std::any_of(hosts_.begin(), hosts_.end(), [host](const auto& one) { return same_host(one, host); });
}

bool origin_list::allows(std::string_view origin) const noexcept {
    return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> found;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) {
            one.remove_prefix(1);
        }
        while (!one.empty() && (one.back() == ' ' || one.back() == '\t' || one.back() == '/')) {
            one.remove_suffix(1);
        }
        if (!one.empty()) {
            found.emplace_back(one);
        }
    }
    return found;
}

std::string objection_to_origin(std::string_view origin) {
    const auto quoted = "\"" + std::string{origin} + "\"";
    if (origin.find('*') != std::string_view::npos) {
        return quoted + " contains a wildcard; list each origin";
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) {
            const auto host = origin.substr(scheme.size());
            if (host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos ||
                std::any_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
                break;
            }
            return {};
        }
    }
    return quoted +
           " is not a valid origin; one looks like https://dashboard.example, in lower case and without a path";
}

std::vector<std::string> loopback_hosts(std::string_view address, unsigned port) {
    const bool ipv6 = address.find(':') != std::string_view::npos;
    std::vector<std::string> names{"localhost", ipv6 ? "[" + std::string{address} + "]" : std::string{address}};
    for (const std::string_view other : {"127.0.0.1", "[::1]"}) {
        if (std::find(names.begin(), names.end(), other) == names.end()) {
            names.emplace_back(other);
        }
    }
    std::vector<std::string> hosts;
    for (const auto& name : names) {
        hosts.push_back(name + ":" + std::to_string(port));
        if (port == 80) {
            hosts.push_back(name);  // a browser leaves it out
        }
    }
    return hosts;
}

bool same_secret(std::string_view given, std::string_view expected) noexcept {
    unsigned difference = given.size() == expected.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = expected.empty() ? '\0' : expected[i % expected.size()];
        difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other));
    }
    return difference == 0;
}

}  // namespace valhalla::http
