// SPDX-License-Identifier: Apache-2.0
#include "daemon/clock_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace valhalla {

namespace {

using std::chrono::microseconds;

constexpr microseconds size_of_step(microseconds by) noexcept {
    return by < microseconds{} ? -by : by;
}

}  // namespace

std::string length_of(microseconds span) {
    using namespace std::chrono;
    span = round<seconds>(size_of_step(span));
    if (span >= days{2}) {
        return fmt::format("{} d", duration_cast<days>(span).count());
    }
    if (span >= hours{2}) {
        return fmt::format("{} h", duration_cast<hours>(span).count());
    }
    if (span >= minutes{2}) {
        return fmt::format("{} min", duration_cast<minutes>(span).count());
    }
    return fmt::format("{} s", duration_cast<seconds>(span).count());
}

clock_news clock_watch::look(const daemon_clock& clock, unix_micros newest_record) {
    clock_news news;
    news.wall = clock.wall();
    news.newest = newest_record;
    newest_ = newest_record;
    const auto now = clock.span();
    const auto by = (news.wall.time_since_epoch() - now.time_since_epoch()) - lead_;
    if (size_of_step(by) >= noticed) {
        note_step(by, now);
        news.was_set = true;
    }
    if (recent_since_ && now - *recent_since_ >= reason_stays) {
        recent_since_.reset();
        recent_ = {};
    }
    if (size_of_step(unsaid_) >= noticed && (!last_line_ || now - *last_line_ >= between_lines)) {
        news.set_by = std::exchange(unsaid_, microseconds{});
        last_line_ = now;
    }
    ahead_ = std::max(newest_record - news.wall, microseconds{});
    const bool was_ahead =
        std::exchange(is_ahead_, ahead_ >= bears_on_health || (is_ahead_ && ahead_ > microseconds{}));
    news.trail_is_ahead = is_ahead_ && !was_ahead;
    news.trail_caught_up = was_ahead && !is_ahead_;
    return news;
}

void clock_watch::note_step(microseconds by, span_point now) {
    lead_ += by;
    unsaid_ += by;
    recent_ += by;
    recent_since_ = now;
}

void clock_watch::tell(std::vector<governor::self_finding>& to) const {
    if (is_ahead_) {
        to.push_back({health_level::yellow,
                      fmt::format("The trail is ahead of the clock of the system: its newest record is of {}, and "
                                  "records have that time until the clock has caught up.",
                                  format_utc(newest_))});
    }
    if (size_of_step(recent_) >= bears_on_health) {
        to.push_back({health_level::yellow,
                      fmt::format("The clock of the system was set {} by {} within the last hour; spans of time are "
                                  "measured without it.",
                                  recent_ > microseconds{} ? "forward" : "back", length_of(recent_))});
    }
}

}  // namespace valhalla
