// SPDX-License-Identifier: Apache-2.0
//
// Counts of values in fixed buckets. Plain integers of one thread: no lock, no allocation, copied as they are to
// whoever shows them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace valhalla::ipc {

/// `Bounds` are the upper bounds of the buckets, each included, ascending, in the unit of what is noted.
template <const auto& Bounds>
class histogram {
  public:
    static constexpr std::size_t buckets = Bounds.size();
    static constexpr const auto& bounds = Bounds;

    /// A value that came `times` times.
    void note(std::int64_t value, std::uint64_t times = 1) noexcept {
        std::size_t at = 0;
        while (at < buckets && value > Bounds[at]) {
            ++at;
        }
        counts_[at] += times;
        sum_ += value * static_cast<std::int64_t>(times);
    }

    /// Not cumulative; the last one is of what exceeds every bound.
    [[nodiscard]] const std::array<std::uint64_t, buckets + 1>& counts() const noexcept { return counts_; }
    [[nodiscard]] std::int64_t sum() const noexcept { return sum_; }
    [[nodiscard]] std::uint64_t count() const noexcept {
        std::uint64_t all = 0;
        for (const auto each : counts_) {
            all += each;
        }
        return all;
    }

  private:
    std::array<std::uint64_t, buckets + 1> counts_{};
    std::int64_t sum_ = 0;
};

/// Nanoseconds, from 10 µs, which a hot read takes, to 10 s.
inline constexpr std::array<std::int64_t, 19> duration_bounds_ns{
    10'000,      25'000,        50'000,        100'000,       250'000,        500'000,     1'000'000,
    2'500'000,   5'000'000,     10'000'000,    25'000'000,    50'000'000,     100'000'000, 250'000'000,
    500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000,
};

class duration_histogram : public histogram<duration_bounds_ns> {
  public:
    void note(std::chrono::nanoseconds taken, std::uint64_t times = 1) noexcept {
        histogram::note(taken.count(), times);
    }
};

}  // namespace valhalla::ipc
