// SPDX-License-Identifier: Apache-2.0
//
// Which denials become records of the trail. Whoever is denied can repeat it as fast as he can write, so most of them
// are counted only. I/O thread; time comes in from outside.
//
// The first denial of an actor and a method is recorded at once and opens a window. What repeats within it is counted,
// and when the window ends it becomes one record with its count, its first and its last time; the next window follows
// at once. A window without a repeat closes, and the next denial is a first one again.
//
// The bound: at most `records_per_minute` at once, and as many a minute as time goes on, whoever asks for whatever and
// however often; what has to wait for its turn goes on counting, and the longest waiting goes first. A record takes
// some 500 bytes of disk, its share of tree and indexes included: at 10 a minute, 7 MB for a day of it without a pause.
// In memory are `most_told_apart` actors and methods; the denials of all others are counted together. Nothing goes
// uncounted but what a crash, or a full disk, takes along with the windows that are open then.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ipc/role.hpp"
#include "schema/model/actor.hpp"
#include "schema/model/event.hpp"

namespace valhalla {

struct denial_rules {
    std::chrono::seconds window{300};
    std::int64_t records_per_minute = 10;
    friend bool operator==(const denial_rules&, const denial_rules&) = default;
};

class denial_book {
  public:
    using clock = std::chrono::steady_clock;

    /// Each takes some 200 bytes, and names of users and methods of at most 256 each.
    static constexpr std::size_t most_told_apart = 256;

    /// To be recorded, with whoever was denied as the actor.
    struct entry {
        actor who;
        events::access_denied what;
    };
    struct asked {
        actor who;
        std::string_view method;  ///< empty: he was not let in
        ipc::role needs = ipc::role::none;
        ipc::role has = ipc::role::none;
    };

    explicit denial_book(denial_rules rules) : rules_{rules}, budget_{static_cast<double>(rules.records_per_minute)} {}

    /// Counts one; gives what is to be recorded now.
    [[nodiscard]] std::optional<entry> note(const asked& denied, unix_micros at, clock::time_point now);
    /// What is to be recorded because its window has ended, as far as the bound lets it.
    [[nodiscard]] std::vector<entry> due(clock::time_point now);
    /// When `due` has something to do next; nothing while no window is open.
    [[nodiscard]] std::optional<clock::time_point> next_due(clock::time_point now) const;
    /// All that is counted and not recorded, at the end: at most `most_told_apart` and one, whatever the rate.
    [[nodiscard]] std::vector<entry> close();
    /// Holds for windows that open from now on.
    void set_rules(denial_rules rules);
    [[nodiscard]] std::size_t open_windows() const noexcept { return windows_.size(); }

  private:
    struct window {
        actor who;
        events::access_denied what;  ///< `count` 0: nothing that is not recorded yet
        clock::time_point ends;
    };
    using key = std::tuple<actor_via, std::string, std::string>;  // name, method

    [[nodiscard]] window& window_of(const asked& denied, clock::time_point now, bool& fresh);
    void refill(clock::time_point now);
    [[nodiscard]] bool spend();
    [[nodiscard]] clock::duration until_one() const;

    denial_rules rules_;
    double budget_;  ///< records that may be written now
    std::optional<clock::time_point> refilled_;
    std::map<key, window> windows_;
};

}  // namespace valhalla
