// SPDX-License-Identifier: Apache-2.0
//
// What systemd is told, and what it hands over. Without systemd nothing happens.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace valhalla::service_manager {

/// `status` is one line for people, as `systemctl status` shows it.
void ready(const std::string& status);
/// Feeds the watchdog.
void alive(const std::string& status);
void stopping(const std::string& status);

/// What was handed over cannot be used: the end of a sentence that begins "the service manager handed over".
class handover_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The descriptors that a socket unit has for us, close-on-exec and the taker's to close; none when we were started
/// without one. Takes them: a second call finds none. Throws `handover_error`.
[[nodiscard]] std::vector<int> take_sockets();
/// Whether there are some that were not taken, good ones or not.
[[nodiscard]] bool has_sockets() noexcept;

}  // namespace valhalla::service_manager
