// SPDX-License-Identifier: Apache-2.0
//
// What a server counts: requests by method and outcome, how long they took, connections. Plain integers of the I/O
// thread; whoever shows them copies them there. A request costs two increments; time is read once or twice a turn.
//
// How long a request took is the time from the turn of its connection that read it to the write of its answer. All
// answers of a turn are written together, so all requests that were answered in it took as long as the turn; a request
// that was answered later took until the round of turns that wrote it was over.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/call.hpp"
#include "ipc/errors.hpp"
#include "ipc/histogram.hpp"

namespace valhalla::ipc {

/// What a request is counted by. Number 0 stands for all that is no method of the table.
struct method_label {
    std::string_view name{};  ///< static
    effect kind{};
    std::uint16_t number = 0;
};

inline constexpr std::array all_effects{effect::hot_read, effect::query, effect::change, effect::task};
inline constexpr std::size_t effect_count = all_effects.size();
/// Where the figure of an effect stands. A new effect does not compile until it has a place here, and among them all.
[[nodiscard]] constexpr std::size_t place_of(effect kind) noexcept {
    switch (kind) {
        case effect::hot_read: return 0;
        case effect::query: return 1;
        case effect::change: return 2;
        case effect::task: return 3;
    }
    return 0;
}
static_assert(place_of(all_effects.back()) == effect_count - 1);
/// One figure for each `effect`.
template <class T>
using per_effect = std::array<T, effect_count>;

/// Why a connection was not served.
enum class turned_away : std::uint8_t { unknown_user = 0, no_role = 1, all_taken = 2, share_taken = 3 };
inline constexpr std::size_t turned_away_count = 4;
[[nodiscard]] std::string_view to_text(turned_away why) noexcept;

class traffic {
  public:
    using clock = std::chrono::steady_clock;

    /// How the requests of one method were answered.
    struct answers {
        std::string_view method;  ///< empty: nothing was counted here; number 0 has `unknown`
        std::uint64_t ok = 0;
        std::vector<std::pair<error_code, std::uint64_t>> errors;  ///< as many as there are codes, at most
    };

    /// A request was answered; nothing for a result. Notifications count as well.
    void count(const method_label& of, std::optional<error_code> error);
    void accepted() noexcept { ++accepted_; }
    void refused(turned_away why) noexcept { ++refused_[static_cast<std::size_t>(why)]; }

    /// So many requests, by effect, were answered in a turn that took so long.
    void turn_over(const per_effect<std::uint32_t>& answered, clock::duration took) noexcept;
    /// A request of the turn that began at `since` is answered; its answer is written in the round under way.
    void delivered(effect kind, clock::time_point since);
    /// All that was delivered is written.
    void round_over();

    /// By number of method.
    [[nodiscard]] const std::vector<answers>& by_method() const noexcept { return methods_; }
    [[nodiscard]] const per_effect<duration_histogram>& durations() const noexcept { return durations_; }
    [[nodiscard]] std::uint64_t connections_accepted() const noexcept { return accepted_; }
    [[nodiscard]] const std::array<std::uint64_t, turned_away_count>& connections_refused() const noexcept {
        return refused_;
    }

  private:
    /// Requests of one turn and one effect, for they wait alike.
    struct waiting {
        clock::time_point since;
        effect kind{};
        std::uint32_t requests = 0;
    };

    std::vector<answers> methods_;
    per_effect<duration_histogram> durations_;
    std::vector<waiting> delivered_;
    std::uint64_t accepted_ = 0;
    std::array<std::uint64_t, turned_away_count> refused_{};
};

}  // namespace valhalla::ipc
