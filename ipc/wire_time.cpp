// SPDX-License-Identifier: Apache-2.0
#include "ipc/wire_time.hpp"

namespace valhalla::ipc {

namespace {

/// Takes what it knows off the front of a text; `good` stays false after the first mismatch.
struct time_scanner {
    std::string_view rest;
    bool good = true;

    int digits(std::size_t count) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const char c = i < rest.size() ? rest[i] : '\0';
            good = good && c >= '0' && c <= '9';
            value = value * 10 + (good ? c - '0' : 0);
        }
        rest.remove_prefix(good ? count : 0);
        return value;
    }
    void literal(char c) noexcept {
        good = good && rest.starts_with(c);
        rest.remove_prefix(good ? 1 : 0);
    }
    std::chrono::microseconds fraction() noexcept {
        constexpr int most_digits = 6;
        int value = 0;
        int seen = 0;
        for (; seen < most_digits && !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; ++seen) {
            value = value * 10 + (rest[0] - '0');
            rest.remove_prefix(1);
        }
        good = good && seen > 0;
        for (; seen < most_digits; ++seen) {
            value *= 10;
        }
        return std::chrono::microseconds{value};
    }
};

}  // namespace

std::optional<wire_time> parse_wire_time(std::string_view text) noexcept {
    using namespace std::chrono;
    time_scanner in{text};
    const year y{in.digits(4)};
    in.literal('-');
    const month m{static_cast<unsigned>(in.digits(2))};
    in.literal('-');
    const day d{static_cast<unsigned>(in.digits(2))};
    in.literal('T');
    const hours h{in.digits(2)};
    in.literal(':');
    const minutes min{in.digits(2)};
    in.literal(':');
    const seconds s{in.digits(2)};
    microseconds fraction{0};
    if (in.good && in.rest.starts_with('.')) {
        in.literal('.');
        fraction = in.fraction();
    }
    const bool real = in.good && (in.rest == "Z" || in.rest == "+00:00") && year_month_day{y, m, d}.ok() &&
                      h < days{1} && min < hours{1} && s < minutes{1};
    if (!real) {
        return std::nullopt;
    }
    return sys_days{year_month_day{y, m, d}} + h + min + s + fraction;
}

}  // namespace valhalla::ipc
