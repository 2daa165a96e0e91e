// SPDX-License-Identifier: Apache-2.0
//
// How a command ends: the exit codes that scripts rely on, and the one exception for what goes wrong on this side of
// the socket. What the daemon refuses arrives as `ipc::call_error`, a missing daemon as `ipc::connection_error`.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace valhalla::ctl {

enum class exit_code : std::uint8_t {
    done = 0,
    refused = 1,      ///< by the daemon, or by a file or directory that cannot be read or written
    no_daemon = 2,    ///< none listens, or it went away
    wrong_usage = 3,  ///< of the command line
    denied = 4,       ///< `decide`: the answer is no
    unverified = 5,   ///< what came does not have the digest that it should have
};

class fault : public std::runtime_error {
  public:
    /// `hint` is what the user could do next, where it is not in the message.
    fault(exit_code code, const std::string& message, std::string hint = {})
        : std::runtime_error{message}, code_{code}, hint_{std::move(hint)} {}
    [[nodiscard]] exit_code code() const noexcept { return code_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

  private:
    exit_code code_;
    std::string hint_;
};

}  // namespace valhalla::ctl
