// SPDX-License-Identifier: Apache-2.0
#include "schema/model/json_writer.hpp"

#include <array>
#include <charconv>

#include "schema/model/json_scan.hpp"

namespace valhalla {

namespace {

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), static_cast<std::size_t>(written.ptr - digits.data()));
}

void append_escape(std::string& out, char c) {
    static constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += hex[byte >> 4U];
    out += hex[byte & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    const char* p = text.data();
    const char* const end = p + text.size();
    for (;;) {
        const char* const special = json_scan::skip_plain<json_scan::high_bytes::pass>(p, end);
        out.append(p, static_cast<std::size_t>(special - p));
        if (special == end) {
            break;
        }
        append_escape(out, *special);
        p = special + 1;
    }
    out += '"';
}

void json_writer::separate() {
    if (!first_) {
        out_ += ',';
    }
    first_ = false;
}

json_writer& json_writer::begin_object() {
    separate();
    out_ += '{';
    first_ = true;
    return *this;
}

json_writer& json_writer::end_object() {
    out_ += '}';
    first_ = false;
    return *this;
}

json_writer& json_writer::begin_array() {
    separate();
    out_ += '[';
    first_ = true;
    return *this;
}

json_writer& json_writer::end_array() {
    out_ += ']';
    first_ = false;
    return *this;
}

json_writer& json_writer::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;  // the value follows its key without a comma
    return *this;
}

json_writer& json_writer::value(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
}

json_writer& json_writer::value(std::int64_t number) {
    separate();
    append_number(out_, number);
    return *this;
}

json_writer& json_writer::value(std::uint64_t number) {
    separate();
    append_number(out_, number);
    return *this;
}

json_writer& json_writer::value(double number) {
    separate();
    const auto start = out_.size();
    append_number(out_, number);
    if (out_.find_first_of(".e", start) == std::string::npos) {
        out_ += ".0";
    }
    return *this;
}

json_writer& json_writer::value(bool flag) {
    separate();
    out_ += flag ? std::string_view{"true"} : std::string_view{"false"};
    return *this;
}

json_writer& json_writer::value(unix_micros time) {
    separate();
    std::array<char, utc_text_size + 2> text{};
    text.front() = '"';
    format_utc(time, text.data() + 1);
    text.back() = '"';
    out_.append(text.data(), text.size());
    return *this;
}

json_writer& json_writer::null() {
    separate();
    out_ += "null";
    return *this;
}

json_writer& json_writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace valhalla
