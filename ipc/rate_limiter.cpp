// SPDX-License-Identifier: Apache-2.0
#include "ipc/rate_limiter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace valhalla::ipc {

namespace {

constexpr std::int64_t max_calls = 1'000'000;

struct period_word {
    std::string_view text;
    std::chrono::seconds period;
    std::string_view words;
};
constexpr std::array periods{period_word{"s", std::chrono::seconds{1}, "a second"},
                             period_word{"min", std::chrono::seconds{60}, "a minute"},
                             period_word{"h", std::chrono::seconds{3'600}, "an hour"}};

double calls_per_second(const call_rate& rate) {
    return static_cast<double>(rate.calls) / static_cast<double>(rate.period.count());
}

}  // namespace

std::optional<call_rate> parse_rate(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    call_rate rate;
    const auto number = text.substr(0, slash);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rate.calls);
    const auto unit = std::ranges::find(periods, text.substr(slash + 1), &period_word::text);
    if (error != std::errc{} || end != number.data() + number.size() || rate.calls < 1 || rate.calls > max_calls ||
        unit == periods.end()) {
        return std::nullopt;
    }
    rate.period = unit->period;
    return rate;
}

std::string rate_words(const call_rate& rate) {
    const auto unit = std::ranges::find(periods, rate.period, &period_word::period);
    return fmt::format("{} {} {}", rate.calls, rate.calls == 1 ? "time" : "times",
                       unit == periods.end() ? "a period" : unit->words);
}

std::chrono::milliseconds rate_limiter::take(user_id user, const call_rate& rate, clock::time_point now,
                                             std::size_t calls) {
    if (buckets_.size() >= max_buckets) {
        drop_full(now);
    }
    const auto most = static_cast<double>(rate.calls);
    auto& mine = buckets_.try_emplace({user, &rate}, bucket{most, now}).first->second;
    const std::chrono::duration<double> passed = now - mine.as_of;
    mine = {std::min(most, mine.calls + passed.count() * calls_per_second(rate)), now};
    const auto wanted = static_cast<double>(calls);
    constexpr double lost = 1e-6;  // by many small refills
    if (mine.calls >= wanted - lost) {
        mine.calls = std::max(0.0, mine.calls - wanted);
        return std::chrono::milliseconds{0};
    }
    // Rounded to the nearest, for fractions of calls are not exact; whoever comes a millisecond early is told so.
    const double wait_ms = (wanted - mine.calls) / calls_per_second(rate) * 1'000;
    return std::chrono::milliseconds{std::max<std::int64_t>(1, std::llround(wait_ms))};
}

/// A bucket that is full again says no more than none.
void rate_limiter::drop_full(clock::time_point now) {
    std::erase_if(buckets_, [now](const auto& entry) {
        const auto& [k, b] = entry;
        const std::chrono::duration<double> passed = now - b.as_of;
        return b.calls + passed.count() * calls_per_second(*k.rate) >= static_cast<double>(k.rate->calls);
    });
}

}  // namespace valhalla::ipc
