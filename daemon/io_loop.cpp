// SPDX-License-Identifier: Apache-2.0
#include "daemon/io_loop.hpp"

#include <algorithm>
#include <thread>

namespace valhalla {

bool idle_policy::looks(clock::time_point now) const noexcept {
    return in_a_row_ >= enough_in_a_row && now >= rests_until_;
}

void idle_policy::slept(clock::duration gap, std::size_t handlers) noexcept {
    in_a_row_ = gap <= longest_ && handlers <= few_handlers ? in_a_row_ + 1 : 0;
}

void idle_policy::found(std::size_t handlers) noexcept {
    if (handlers > few_handlers) {
        in_a_row_ = 0;
    }
    if (++undisturbed_ >= undisturbed_looks) {
        rest_ = shortest_rest;
    }
}

void idle_policy::gave_way(clock::duration time, clock::time_point now) noexcept {
    if (time >= time_slice) {
        rests_until_ = now + rest_;
        rest_ = std::min(2 * rest_, longest_rest);
        undisturbed_ = 0;
    }
}

namespace {

using clock = idle_policy::clock;

/// Runs what is ready, when it comes within `longest`; gives how many handlers that were.
std::size_t look(boost::asio::io_context& io, std::chrono::microseconds longest, idle_policy& policy) {
    const auto deadline = clock::now() + longest;
    while (true) {
        if (const auto ran = io.poll(); ran > 0) {
            return ran;
        }
        const auto before = clock::now();
        if (io.stopped() || before >= deadline) {
            return 0;
        }
        std::this_thread::yield();
        const auto after = clock::now();
        policy.gave_way(after - before, after);
    }
}

}  // namespace

void run_io(boost::asio::io_context& io, std::chrono::microseconds longest) {
    idle_policy policy{longest};
    while (!io.stopped()) {
        const auto idle_since = clock::now();
        if (policy.looks(idle_since)) {
            if (const auto ran = look(io, longest, policy); ran > 0) {
                policy.found(ran);
                continue;
            }
        }
        if (io.run_one() == 0) {
            return;
        }
        const auto gap = clock::now() - idle_since;
        policy.slept(gap, 1 + io.poll());
    }
}

}  // namespace valhalla
