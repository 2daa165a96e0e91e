// SPDX-License-Identifier: Apache-2.0
#include "daemon/io_loop.hpp"

#include <cstddef>
#include <thread>

namespace valhalla {

namespace {

using clock = std::chrono::steady_clock;

/// What a wake-up finds to do when a few clients wait for their answers. With many, sleeping costs nothing that counts,
/// and what comes meanwhile is committed together.
constexpr std::size_t few_handlers = 16;
constexpr unsigned enough_in_a_row = 8;

/// Runs what is ready, when it comes before `deadline`; gives how many handlers that were.
std::size_t poll_until(boost::asio::io_context& io, clock::time_point deadline) {
    while (true) {
        if (const auto ran = io.poll(); ran > 0) {
            return ran;
        }
        if (io.stopped() || clock::now() >= deadline) {
            return 0;
        }
        std::this_thread::yield();
    }
}

}  // namespace

void run_io(boost::asio::io_context& io, std::chrono::microseconds longest) {
    unsigned in_a_row = 0;  // wake-ups that were soon and for little
    while (!io.stopped()) {
        const auto idle_since = clock::now();
        if (in_a_row >= enough_in_a_row) {
            if (const auto ran = poll_until(io, idle_since + longest); ran > 0) {
                in_a_row = ran <= few_handlers ? in_a_row : 0;
                continue;
            }
        }
        if (io.run_one() == 0) {
            return;
        }
        const bool soon = clock::now() - idle_since <= longest;
        const bool little = 1 + io.poll() <= few_handlers;
        in_a_row = soon && little ? in_a_row + 1 : 0;
    }
}

}  // namespace valhalla
