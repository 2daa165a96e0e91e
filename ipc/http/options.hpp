// SPDX-License-Identifier: Apache-2.0
//
// The command line and the environment of valhalla-gateway. Pure but for what it is given.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "ipc/http/limits.hpp"

namespace valhalla::http {

struct program_options {
    bool dev = false;
    std::string socket;  ///< empty: where the daemon is when nobody says
    boost::asio::ip::tcp::endpoint listen;
    std::vector<std::string> origins;
    std::string dev_key;
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

}  // namespace valhalla::http
