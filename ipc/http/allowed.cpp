// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/allowed.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include <boost/asio/ip/network_v6.hpp>

namespace valhalla::http {

namespace {

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// The unspecified address for what is none. An IPv4 address within IPv6 is that IPv4 address.
[[nodiscard]] boost::asio::ip::address parsed_address(std::string_view text) {
    boost::system::error_code bad;
    const auto address = boost::asio::ip::make_address(std::string{text}, bad);
    return bad ? boost::asio::ip::address{} : unmapped(address);
}

[[nodiscard]] bool is_among(const boost::asio::ip::address& who, const std::vector<std::string>& proxies) {
    return std::ranges::any_of(proxies, [&who](const auto& proxy) { return parsed_address(proxy) == who; });
}

/// For a message: without what would end a line or the text.
[[nodiscard]] std::string in_quotes(std::string_view text) {
    std::string quoted = "\"" + std::string{text} + "\"";
    std::ranges::replace_if(quoted, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return quoted;
}

[[nodiscard]] constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

/// Labels with dots between them, none of them empty; behind the last one there may be a dot.
[[nodiscard]] bool is_name_of_host(std::string_view name) noexcept {
    static constexpr std::string_view in_labels = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return !name.empty() && name.front() != '.' && name.find("..") == std::string_view::npos &&
           std::ranges::all_of(name, [](char c) { return in_labels.find(lower(c)) != std::string_view::npos; });
}

[[nodiscard]] bool is_port(std::string_view text) noexcept {
    unsigned short port = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    return fault == std::errc{} && end == text.data() + text.size() && port != 0 && text.front() != '0';
}

/// A name or an address, as browsers write it, perhaps with a port.
[[nodiscard]] bool is_host(std::string_view host) {
    const auto colon = host.find_last_of(":]");
    const bool with_port = colon != std::string_view::npos && host[colon] == ':';
    const auto name = with_port ? host.substr(0, colon) : host;
    const bool literal = name.starts_with('[') && name.ends_with(']') && name.size() > 2;
    return (!with_port || is_port(host.substr(colon + 1))) &&
           (literal ? parsed_address(name.substr(1, name.size() - 2)).is_v6() : is_name_of_host(name));
}

}  // namespace

boost::asio::ip::address unmapped(const boost::asio::ip::address& address) {
    return address.is_v6() && address.to_v6().is_v4_mapped()
               ? boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
               : address;
}

bool same_host(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() && std::ranges::equal(one, other, {}, lower, lower);
}

host_list::host_list(std::vector<std::string> hosts) : hosts_{std::move(hosts)} {}

bool host_list::allows(std::string_view host) const noexcept {
    return std::ranges::any_of(hosts_, [host](const auto& one) { return same_host(one, host); });
}

bool origin_list::allows(std::string_view origin) const noexcept {
    return std::ranges::find(origins_, origin) != origins_.end();
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
    const auto quoted = in_quotes(origin);
    if (origin.find('*') != std::string_view::npos) {
        return quoted + " contains a wildcard; list each origin";
    }
    for (const auto& [scheme, own_port] : {std::pair<std::string_view, std::string_view>{"http://", ":80"},
                                           std::pair<std::string_view, std::string_view>{"https://", ":443"}}) {
        const bool of_scheme = origin.starts_with(scheme);
        const auto host = of_scheme ? origin.substr(scheme.size()) : std::string_view{};
        if (of_scheme && host.ends_with(own_port) && is_host(host)) {
            return quoted + " can never be what a browser sends, which leaves out the scheme's own port; write " +
                   std::string{origin.substr(0, origin.size() - own_port.size())};
        }
        if (of_scheme && is_host(host) && std::ranges::none_of(host, is_upper)) {
            return {};
        }
    }
    return quoted +
           " is not a valid origin; one looks like https://dashboard.example, in lower case and without a path";
}

std::string objection_to_host(std::string_view host) {
    if (is_host(host)) {
        return {};
    }
    return in_quotes(host) +
           " is not a valid host; one looks like valhalla.example.org or valhalla.example.org:8443, as browsers "
           "write "
           "it: without a scheme, a path or a wildcard, and with a port that is not the scheme's own";
}

std::string counted_for(const std::string& address) {
    const auto parsed = parsed_address(address);
    if (!parsed.is_v6()) {
        return address;
    }
    constexpr unsigned short of_a_network = 64;
    return boost::asio::ip::make_network_v6(parsed.to_v6(), of_a_network).canonical().to_string();
}

std::string objection_to_proxy(std::string_view address) {
    if (!parsed_address(address).is_unspecified()) {
        return {};
    }
    return in_quotes(address) + " is not the address of a proxy; one looks like 192.0.2.7 or 2001:db8::7";
}

bool is_proxy(std::string_view peer, const std::vector<std::string>& proxies) {
    return !proxies.empty() && is_among(parsed_address(peer), proxies);
}

std::string sender_of(const std::string& peer, std::string_view forwarded_for,
                      const std::vector<std::string>& proxies) {
    if (!is_proxy(peer, proxies)) {
        return peer;
    }
    const auto list = split_list(forwarded_for);
    for (const auto& one : std::views::reverse(list)) {
        const auto who = parsed_address(one);
        if (who.is_unspecified()) {
            return peer;
        }
        if (!is_among(who, proxies)) {
            return who.to_string();
        }
    }
    return peer;
}

std::vector<std::string> loopback_hosts(std::string_view address, unsigned port, bool tls) {
    const bool ipv6 = address.find(':') != std::string_view::npos;
    std::vector<std::string> names{"localhost", ipv6 ? "[" + std::string{address} + "]" : std::string{address}};
    for (const std::string_view other : {"127.0.0.1", "[::1]"}) {
        if (std::ranges::find(names, other) == names.end()) {
            names.emplace_back(other);
        }
    }
    std::vector<std::string> hosts;
    for (const auto& name : names) {
        hosts.push_back(name + ":" + std::to_string(port));
        if (port == (tls ? 443U : 80U)) {
            hosts.push_back(name);
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
