// SPDX-License-Identifier: Apache-2.0
//
// What valhalla-gateway is told: command line over environment over configuration file over defaults. Pure but for what
// it is given and the file.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "ipc/http/limits.hpp"
#include "ipc/http/tls.hpp"

namespace valhalla::http {

struct program_options {
    bool dev = false;
    bool check = false;  ///< say whether it is good instead of serving
    std::string file;    ///< the configuration; empty: none
    std::string socket;  ///< empty: where the daemon is when nobody says
    std::vector<boost::asio::ip::tcp::endpoint> listen;
    bool listen_said = false;  ///< otherwise `listen` is what holds when nobody says
    /// Names that it answers for, beside those of this machine's loopback where it listens there.
    std::vector<std::string> hosts;
    std::vector<std::string> origins;
    /// Addresses whose X-Forwarded-For is believed, as they are written here.
    std::vector<std::string> trusted_proxies;
    std::string dev_key;
    tls_files tls;
    limits bounds;
};

/// One sentence.
class usage_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct parsed_options {
    program_options options;
    std::string answer;  ///< of --help and --version: what to print, and nothing else to do
};

using environment = std::function<const char*(const char*)>;

/// Throws `usage_error`.
[[nodiscard]] parsed_options parse_options(const std::vector<std::string>& arguments, const environment& variable);

/// `127.0.0.1:5000`, `[::1]:5000` or `localhost:5000`. Throws `usage_error`.
[[nodiscard]] boost::asio::ip::tcp::endpoint parse_address(std::string_view text);
/// An address that is there twice: the second time it would be taken.
[[nodiscard]] std::optional<std::string> listened_on_twice(const std::vector<boost::asio::ip::tcp::endpoint>& at);
/// As it is written there.
[[nodiscard]] std::string text_of(const boost::asio::ip::tcp::endpoint& at);

/// Of the daemon. Throws `usage_error` where it cannot be the path of a socket, `ipc::untrusted_directory` where
/// somebody else could listen there.
[[nodiscard]] std::string socket_of(const program_options& options);

/// What stands against serving there: one sentence that says what to do.
[[nodiscard]] std::optional<std::string> objection_to_listening(const program_options& options,
                                                                const std::vector<boost::asio::ip::tcp::endpoint>& at);
/// The hosts that requests may name when it listens there.
[[nodiscard]] std::vector<std::string> hosts_of(const program_options& options,
                                                const std::vector<boost::asio::ip::tcp::endpoint>& at);

}  // namespace valhalla::http
