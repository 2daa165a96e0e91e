// SPDX-License-Identifier: Apache-2.0
//
// Writes the lines of the log on a thread of its own: what reads them, a pipe, a terminal or a journal, may stop
// reading, and then a write waits for as long as it likes. A bounded number of lines waits; more are lost, counted, and
// told of when the log is taken again. The trail misses none of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "daemon/telemetry/log_entry.hpp"

namespace valhalla {

class log_writer {
  public:
    using clock = std::chrono::system_clock;
    /// Writes one line, of that time; may take its time.
    using output = std::function<void(const log_entry& line, clock::time_point of)>;
    /// The line that tells how many were lost.
    using told_loss = std::function<log_entry(std::uint64_t lines)>;

    static constexpr std::size_t max_lines = 2'048;
    static constexpr std::size_t max_bytes = std::size_t{1} << 20U;
    /// How long its end waits for the lines that are left.
    static constexpr std::chrono::seconds patience{1};

    log_writer(output write, told_loss tell);
    /// Waits as `stop` does.
    ~log_writer();
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;

    /// Any thread; never waits for a write.
    void put(log_entry line);
    /// Waits until all lines are written, for `patience`. False when they are not: the thread hangs in a write, with
    /// nothing that is ours. Lines that come afterwards are lost.
    bool stop();

  private:
    struct shared;
    static void run(const std::shared_ptr<shared>& of);
    std::shared_ptr<shared> shared_;
};

}  // namespace valhalla
