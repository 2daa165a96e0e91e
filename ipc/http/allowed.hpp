// SPDX-License-Identifier: Apache-2.0
//
// Which hosts a request may name, and from which origins a browser may send it. Compared whole, so that
// `127.0.0.1.evil.test` is neither. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

namespace valhalla::http {

/// Names of hosts are the same in upper and lower case.
[[nodiscard]] bool same_host(std::string_view one, std::string_view other) noexcept;

class host_list {
  public:
    /// Each `name` or `name:port`, as a browser writes it in `Host`.
    explicit host_list(std::vector<std::string> hosts);
    /// Upper and lower case are the same, nothing else is.
    [[nodiscard]] bool allows(std::string_view host) const noexcept;
    [[nodiscard]] const std::vector<std::string>& all() const noexcept { return hosts_; }

  private:
    std::vector<std::string> hosts_;
};

class origin_list {
  public:
    explicit origin_list(std::vector<std::string> origins) : origins_{std::move(origins)} {}
    [[nodiscard]] bool allows(std::string_view origin) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return origins_.empty(); }
    [[nodiscard]] const std::vector<std::string>& all() const noexcept { return origins_; }

  private:
    std::vector<std::string> origins_;
};

/// `a, b ,c` -> `a`, `b`, `c`; without the slash that people put behind an origin.
[[nodiscard]] std::vector<std::string> split_list(std::string_view list);
/// A sentence that says why `origin` is not a valid origin; empty when it is one. A wildcard is not.
[[nodiscard]] std::string objection_to_origin(std::string_view origin);

/// A sentence that says why `host` is not one that a `Host` field names; empty when it is one.
[[nodiscard]] std::string objection_to_host(std::string_view host);
/// A sentence that says why `address` is not the address of one proxy; empty when it is one.
[[nodiscard]] std::string objection_to_proxy(std::string_view address);

/// The IPv4 address that a socket for both families tells as one of IPv6; others as they are.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

/// What connections, memory and tries of `address` are counted for: itself, or of IPv6 the /64 network that it is in,
/// all of which one machine may have. Other text as it is.
[[nodiscard]] std::string counted_for(const std::string& address);

/// Whether `peer` is one of these proxies.
[[nodiscard]] bool is_proxy(std::string_view peer, const std::vector<std::string>& proxies);
/// Who sent a request that came from `peer`: the last one in `forwarded_for` that is not a proxy of ours, where the
/// peer is one. A list that cannot be read names nobody.
[[nodiscard]] std::string sender_of(const std::string& peer, std::string_view forwarded_for,
                                    const std::vector<std::string>& proxies);

/// The names of this machine's loopback at a port: what `--dev` allows. A browser leaves out the scheme's own port.
[[nodiscard]] std::vector<std::string> loopback_hosts(std::string_view address, unsigned port, bool tls);

/// Whether both are the same, in a time that depends on the length of `given` alone.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view expected) noexcept;

}  // namespace valhalla::http
