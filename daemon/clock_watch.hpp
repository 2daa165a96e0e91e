// SPDX-License-Identifier: Apache-2.0
//
// Whether the wall clock was set, and whether the trail is ahead of it: what is said of that in the log, in the health
// and in the metrics. Nothing depends on it. Ledger thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/governor/self_checks.hpp"

namespace valhalla {

/// What the log has to say after a look.
struct clock_news {
    std::optional<std::chrono::microseconds> set_by{};  ///< forward, or back when it is negative
    bool was_set = false;                               ///< also when the log has heard of it lately
    bool trail_is_ahead = false;                        ///< since this look
    bool trail_caught_up = false;
    unix_micros wall{};
    unix_micros newest{};  ///< record of the trail
};

class clock_watch {
  public:
    /// Less is not spoken of: leap seconds, and what time servers correct at a time.
    static constexpr std::chrono::seconds noticed{2};
    /// From so much on it is a reason of the health, for so long.
    static constexpr std::chrono::minutes bears_on_health{1};
    static constexpr std::chrono::hours reason_stays{1};
    /// A clock that is set again and again is one line in this time.
    static constexpr std::chrono::minutes between_lines{10};

    explicit clock_watch(const daemon_clock& clock) : lead_{clock.lead_before()}, first_lead_{lead_} {}

    [[nodiscard]] clock_news look(const daemon_clock& clock, unix_micros newest_record);

    // As of the last look:

    /// Says the same as long as nothing new happens, however time goes on.
    void tell(std::vector<governor::self_finding>& to) const;
    /// How far the newest record is ahead of the wall clock; 0: it is not.
    [[nodiscard]] std::chrono::microseconds trail_ahead() const noexcept { return ahead_; }
    /// By how much the wall clock was set since the daemon started and while it was away before.
    [[nodiscard]] std::chrono::microseconds set_in_all() const noexcept { return lead_ - first_lead_; }

  private:
    void note_step(std::chrono::microseconds by, span_point now);

    std::chrono::microseconds lead_;
    std::chrono::microseconds first_lead_;
    std::chrono::microseconds unsaid_{};  // of all steps, what no line has told yet
    std::optional<span_point> last_line_;
    std::chrono::microseconds recent_{};  // of all steps since `recent_since_`
    std::optional<span_point> recent_since_;
    std::chrono::microseconds ahead_{};
    bool is_ahead_ = false;
    unix_micros newest_{};
};

/// `3 d`, `26 h`, `90 s`: whole, of the largest unit that there are two of, without a sign.
[[nodiscard]] std::string length_of(std::chrono::microseconds span);

}  // namespace valhalla
