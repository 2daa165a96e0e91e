// SPDX-License-Identifier: Apache-2.0
#include "ipc/client/codec.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include "ipc/wire_time.hpp"

namespace valhalla::detail {

namespace json = boost::json;

std::string time_text(utc_time at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss<microseconds> time{at - day};
    std::array<char, 48> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", int{date.year()},
                                   unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                                   static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                                   static_cast<int>(time.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

const json::object& object_in(const json::value& from) {
    if (const auto* const object = from.if_object()) {
        return *object;
    }
    throw answer_error{"is no object"};
}

std::string_view text_in(const json::value& from) {
    if (const auto* const text = from.if_string()) {
        return {text->data(), text->size()};
    }
    throw answer_error{"is no string"};
}

utc_time time_in(const json::value& from) {
    if (const auto at = ipc::parse_wire_time(text_in(from))) {
        return *at;
    }
    throw answer_error{"is no time"};
}

json::value word_out(std::string_view word) {
    if (word.empty()) {
        throw std::invalid_argument{"a word of the parameters was not set"};
    }
    return json::value(json::string{word});
}

void throw_behind(std::string_view step, const answer_error& inner) {
    const std::string way = inner.what();
    const bool at_its_end = way.starts_with("is ");
    throw answer_error{std::string{step} + (at_its_end ? " " : ".") + way};
}

void throw_missing(std::string_view name) {
    throw answer_error{std::string{name} + " is missing"};
}

void codec<std::int64_t>::in(const json::value& from, std::int64_t& into) {
    const auto* const number = from.if_int64();
    if (number == nullptr) {
        throw answer_error{"is no whole number of 64 bits"};
    }
    into = *number;
}

void codec<double>::in(const json::value& from, double& into) {
    if (!from.is_number()) {
        throw answer_error{"is no number"};
    }
    into = from.to_number<double>();
}

void codec<bool>::in(const json::value& from, bool& into) {
    const auto* const flag = from.if_bool();
    if (flag == nullptr) {
        throw answer_error{"is neither true nor false"};
    }
    into = *flag;
}

}  // namespace valhalla::detail
