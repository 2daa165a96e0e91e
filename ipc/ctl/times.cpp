// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/times.hpp"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "ipc/ctl/fault.hpp"
#include "ipc/wire_time.hpp"

namespace valhalla::ctl {

namespace {

constexpr micros second = 1'000'000;
constexpr micros minute = 60 * second;
constexpr micros hour = 60 * minute;
constexpr micros day = 24 * hour;
constexpr std::int64_t longest_span_s = 100LL * 366 * 24 * 3600;

/// Fills in what people leave away: `2026-11-22`, `2026-11-22 09:08`, no `Z`.
std::string completed(std::string_view typed) {
    constexpr std::size_t date_size = 10;
    constexpr std::size_t minute_size = 16;
    std::string text{typed};
    if (!text.ends_with('Z') && !text.ends_with("+00:00")) {
        text += text.size() == date_size ? "T00:00:00Z" : text.size() == minute_size ? ":00Z" : "Z";
    }
    if (text.size() > date_size && text[date_size] == ' ') {
        text[date_size] = 'T';
    }
    return text;
}

}  // namespace

std::optional<micros> micros_of(std::string_view text) noexcept {
    const auto t = ipc::parse_wire_time(text);
    return t ? std::optional{micros{t->time_since_epoch().count()}} : std::nullopt;
}

std::string wire_time(micros t) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds{t}};
    const auto days = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{days};
    const std::chrono::hh_mm_ss time{at - days};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::string shown_time(std::string_view text) {
    const auto t = micros_of(text);
    if (!t) {
        return std::string{text};
    }
    auto shown = wire_time(*t).substr(0, 19);
    shown[10] = ' ';
    return shown;
}

std::string shown_minute(std::string_view text) {
    static constexpr std::size_t to_the_minute = std::string_view{"2026-01-31T12:00"}.size();
    return shown_time(text).substr(0, to_the_minute);
}

std::string shown_span(micros span) {
    if (span < minute) {
        return fmt::format("{}s", span < 0 ? 0 : span / second);
    }
    if (span < hour) {
        return fmt::format("{}m", span / minute);
    }
    if (span < day) {
        return fmt::format("{}h {}m", span / hour, span % hour / minute);
    }
    return fmt::format("{}d {}h", span / day, span % day / hour);
}

std::string age_of(std::string_view text, micros now) {
    const auto t = micros_of(text);
    return t ? shown_span(now - *t) : std::string{};
}

std::optional<std::int64_t> parse_span(std::string_view text) noexcept {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    std::int64_t seconds = 0;
    if (unit.empty() || unit == "s") {
        seconds = 1;
    } else if (unit == "m") {
        seconds = minute / second;
    } else if (unit == "h") {
        seconds = hour / second;
    } else if (unit == "d") {
        seconds = day / second;
    }
    if (error != std::errc{} || seconds == 0 || count < 1 || count > longest_span_s / seconds) {
        return std::nullopt;
    }
    return count * seconds;
}

std::string time_of_user(std::string_view typed, micros now) {
    const bool has_unit = !typed.empty() && std::string_view{"smhd"}.find(typed.back()) != std::string_view::npos;
    if (const auto span = has_unit ? parse_span(typed) : std::nullopt) {
        return wire_time(now - *span * second);
    }
    const auto t = micros_of(completed(typed));
    if (!t) {
        throw fault{exit_code::wrong_usage,
                    fmt::format("'{}' is not a time: write 2026-11-22, 2026-11-22T09:08:43Z (UTC), or 3h for three "
                                "hours ago",
                                typed)};
    }
    return wire_time(*t);
}

}  // namespace valhalla::ctl
