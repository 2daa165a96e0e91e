// SPDX-License-Identifier: Apache-2.0
//
// The I/O thread's loop. Falling asleep and being woken takes a thread, and its core, a time for which a lone client
// waits with every request (tests/bench/PERFORMANCE.md). So while events come soon after each other, the loop looks for
// the next one for a while before it sleeps, giving way to whoever else wants the core.
//
// What was foretells what will be: there is looking only after several wake-ups in a row that came soon and had little
// to do. It ends with the first gap that is longer, so a daemon that nobody asks anything spends nothing on it.
#pragma once

#include <chrono>
#include <cstddef>

#include <boost/asio/io_context.hpp>

namespace valhalla {

/// Says whether to look or to sleep, by what it is told of the times before.
class idle_policy {
  public:
    using clock = std::chrono::steady_clock;

    /// What a wake-up finds to do when a few clients wait for their answers. With many, sleeping costs nothing that
    /// counts, and what comes meanwhile is committed together.
    static constexpr std::size_t few_handlers = 16;
    static constexpr unsigned enough_in_a_row = 8;
    /// Who gives way to a program that computes gets the core back when its time slice is over, and would do so each
    /// time; a sleeper is woken at once. That is known by its length: our own threads take less for what they do
    /// between two events of a few clients. Then there is no looking for a while, which grows from the first rest to
    /// the longest one, until so many looks in a row were not disturbed.
    static constexpr std::chrono::microseconds time_slice{1'000};
    static constexpr std::chrono::milliseconds shortest_rest{10};
    static constexpr std::chrono::milliseconds longest_rest{1'000};
    static constexpr unsigned undisturbed_looks = 1'000;

    /// `longest`: what is soon, and how long a look may take. Zero: it always sleeps.
    explicit idle_policy(std::chrono::microseconds longest) noexcept : longest_{longest} {}

    [[nodiscard]] bool looks(clock::time_point now) const noexcept;
    /// Slept until an event came, `gap` after the last one, for so many handlers.
    void slept(clock::duration gap, std::size_t handlers) noexcept;
    /// Looked, and found so many handlers.
    void found(std::size_t handlers) noexcept;
    /// Gave way while looking, for `time`.
    void gave_way(clock::duration time, clock::time_point now) noexcept;

  private:
    std::chrono::microseconds longest_;
    unsigned in_a_row_ = 0;  // wake-ups that were soon and for little
    unsigned undisturbed_ = 0;
    std::chrono::milliseconds rest_ = shortest_rest;
    clock::time_point rests_until_{};
};

/// Runs handlers until `io` is stopped or has no more work, as `io.run()` does. Looks for `longest` at a time.
void run_io(boost::asio::io_context& io, std::chrono::microseconds longest);

}  // namespace valhalla
