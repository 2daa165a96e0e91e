// SPDX-License-Identifier: Apache-2.0
//
// The process as a parts list: made in this order, destroyed in reverse. `run` is the I/O thread.
#pragma once

#include <memory>

#include "daemon/config.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/telemetry/daemon_log.hpp"

namespace valhalla {

class application {
  public:
    /// Takes the state directory, brings the database up to date, loads policy and playbook, listens.
    /// Throws `start_failure`; what is left behind then is valid: at most a database brought up to date, with the
    /// records of a start. `log` outlives it.
    application(const config& c, daemon_log& log);
    ~application();
    application(const application&) = delete;
    application& operator=(const application&) = delete;

    /// Serves until SIGTERM, SIGINT or `daemon.stop`; then everything accepted is committed, answered and sent.
    /// Returns the exit code.
    int run();

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace valhalla
