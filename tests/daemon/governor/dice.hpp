// SPDX-License-Identifier: Apache-2.0
//
// Random commands, the same for the same seed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "daemon/governor/governor.hpp"

namespace valhalla::governor::testing {

/// Makes commands that are mostly sensible, and contexts of few operators, so that they meet.
class dice {
  public:
    explicit dice(std::uint64_t seed) : random_{seed} {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <class T, std::size_t N>
    T pick(const T (&of)[N]) {
        return of[below(N)];
    }
    health_level level() { return pick({health_level::green, health_level::yellow, health_level::red}); }
    band any_band() { return pick({band::expansion, band::caution, band::stabilize, band::survival}); }
    std::optional<std::string> maybe_notes() {
        return one_in(2) ? std::nullopt : std::optional{std::string(below(40), one_in(9) ? '"' : 'n')};
    }
    std::optional<std::chrono::seconds> maybe_ttl() {
        return one_in(2) ? std::nullopt : std::optional{std::chrono::seconds{1 + below(100)}};
    }
    std::string any_operator() { return pick<const char*>({"anna", "bert", "cora", "dora", "emil"}); }
    std::optional<std::int64_t> figure(std::int64_t most) {
        return one_in(3) ? std::nullopt : std::optional{static_cast<std::int64_t>(below(std::size_t(most)))};
    }

    command next(const state& s);

    context next_context(unix_micros now) {
        return {actor{.name = any_operator(), .via = actor_via::unix_socket, .uid = 1000, .gid = 1000}, one_in(3), now};
    }

    std::chrono::microseconds pause() {
        if (one_in(40)) {
            return std::chrono::hours{below(30)};
        }
        return std::chrono::microseconds{below(2'000'000)};
    }

  private:
    commands::set_thresholds thresholds_change();
    commands::import_state import();
    std::string source() { return pick<const char*>({"jobs.failed", "exceptions.unhandled", "backup", "a", "b", "c"}); }

    std::mt19937_64 random_;
};

}  // namespace valhalla::governor::testing
