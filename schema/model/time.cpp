// SPDX-License-Identifier: Apache-2.0
#include "schema/model/time.hpp"

#include <algorithm>

namespace valhalla {

namespace {

using namespace std::chrono;

constexpr unix_micros earliest = sys_days{year{0} / January / 1};
constexpr unix_micros latest = unix_micros{sys_days{year{10'000} / January / 1}} - microseconds{1};

void put_digits(char* out, unsigned number, int width) noexcept {
    for (int i = width - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
}

/// Reads exactly `width` digits off the front of `text`.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t width) noexcept {
    if (text.size() < width) {
        return std::nullopt;
    }
    unsigned number = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    text.remove_prefix(width);
    return number;
}

bool take_char(std::string_view& text, char c) noexcept {
    if (text.empty() || text.front() != c) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<sys_days> take_date(std::string_view& text) noexcept {
    const auto y = take_digits(text, 4);
    const bool dash1 = take_char(text, '-');
    const auto m = take_digits(text, 2);
    const bool dash2 = take_char(text, '-');
    const auto d = take_digits(text, 2);
    if (!y || !dash1 || !m || !dash2 || !d) {
        return std::nullopt;
    }
    const year_month_day date{year{static_cast<int>(*y)}, month{*m}, day{*d}};
    return date.ok() ? std::optional{sys_days{date}} : std::nullopt;
}

std::optional<microseconds> take_time_of_day(std::string_view& text) noexcept {
    const auto h = take_digits(text, 2);
    const bool colon1 = take_char(text, ':');
    const auto m = take_digits(text, 2);
    const bool colon2 = take_char(text, ':');
    const auto s = take_digits(text, 2);
    if (!h || !colon1 || !m || !colon2 || !s || *h > 23 || *m > 59 || *s > 59) {
        return std::nullopt;
    }
    unsigned fraction = 0;
    if (take_char(text, '.')) {
        std::size_t width = 0;
        while (width < text.size() && text[width] >= '0' && text[width] <= '9') {
            ++width;
        }
        if (width == 0 || width > 6) {
            return std::nullopt;
        }
        fraction = *take_digits(text, width);
        for (; width < 6; ++width) {
            fraction *= 10;
        }
    }
    return hours{*h} + minutes{*m} + seconds{*s} + microseconds{fraction};
}

/// Digits at fixed places, all looked at before any of them is trusted: whole trails are read.
class fixed_digits {
  public:
    explicit fixed_digits(const char* text) noexcept : text_{text} {}

    template <int Width>
    [[nodiscard]] unsigned at(int place) noexcept {
        unsigned number = 0;
        for (int i = 0; i < Width; ++i) {
            const auto digit = static_cast<unsigned>(static_cast<unsigned char>(text_[place + i])) - '0';
            good_ = good_ && digit <= 9;
            number = number * 10 + digit;
        }
        return number;
    }
    void expect(int place, char c) noexcept { good_ = good_ && text_[place] == c; }
    [[nodiscard]] bool good() const noexcept { return good_; }

  private:
    const char* text_;
    bool good_ = true;
};

/// The form that `format_utc` writes, `utc_text_size` bytes.
std::optional<unix_micros> parse_formatted(const char* text) noexcept {
    fixed_digits t{text};
    const year_month_day date{year{static_cast<int>(t.at<4>(0))}, month{t.at<2>(5)}, day{t.at<2>(8)}};
    const unsigned h = t.at<2>(11);
    const unsigned m = t.at<2>(14);
    const unsigned s = t.at<2>(17);
    const unsigned fraction = t.at<6>(20);
    t.expect(4, '-');
    t.expect(7, '-');
    t.expect(10, 'T');
    t.expect(13, ':');
    t.expect(16, ':');
    t.expect(19, '.');
    t.expect(26, 'Z');
    if (!t.good() || !date.ok() || h > 23 || m > 59 || s > 59) {
        return std::nullopt;
    }
    return unix_micros{sys_days{date}} + hours{h} + minutes{m} + seconds{s} + microseconds{fraction};
}

}  // namespace

void format_utc(unix_micros t, char* out) noexcept {
    t = std::clamp(t, earliest, latest);
    const auto midnight = floor<days>(t);
    const year_month_day date{midnight};
    const hh_mm_ss clock{t - midnight};
    put_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out[4] = '-';
    put_digits(out + 5, static_cast<unsigned>(date.month()), 2);
    out[7] = '-';
    put_digits(out + 8, static_cast<unsigned>(date.day()), 2);
    out[10] = 'T';
    put_digits(out + 11, static_cast<unsigned>(clock.hours().count()), 2);
    out[13] = ':';
    put_digits(out + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    out[16] = ':';
    put_digits(out + 17, static_cast<unsigned>(clock.seconds().count()), 2);
    out[19] = '.';
    put_digits(out + 20, static_cast<unsigned>(clock.subseconds().count()), 6);
    out[26] = 'Z';
}

std::string format_utc(unix_micros t) {
    std::string text(utc_text_size, '\0');
    format_utc(t, text.data());
    return text;
}

std::optional<unix_micros> parse_utc(std::string_view text) noexcept {
    if (text.size() == utc_text_size && text.back() == 'Z') {
        return parse_formatted(text.data());
    }
    const auto date = take_date(text);
    if (!date || !take_char(text, 'T')) {
        return std::nullopt;
    }
    const auto clock = take_time_of_day(text);
    if (!clock || (text != "Z" && text != "+00:00")) {
        return std::nullopt;
    }
    return unix_micros{*date} + *clock;
}

}  // namespace valhalla
