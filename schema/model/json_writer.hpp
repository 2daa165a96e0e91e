// SPDX-License-Identifier: Apache-2.0
//
// Writes compact JSON at the end of a string, in the order of the calls. Audit records are hashed as bytes, so
// their text must be the same for the same data on every build: key order is the caller's, numbers are shortest
// round-trip, nothing is escaped that RFC 8259 does not demand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "schema/model/time.hpp"

namespace valhalla {

class json_writer {
  public:
    /// Appends to `out`, which must outlive the writer.
    explicit json_writer(std::string& out) noexcept : out_{out} {}

    json_writer& begin_object();
    json_writer& end_object();
    json_writer& begin_array();
    json_writer& end_array();
    json_writer& key(std::string_view name);
    /// A name of our own, which needs no escapes: comma, quotes and colon go out with it at once.
    template <std::size_t Size>
    json_writer& key(const char (&name)[Size]) {
        std::array<char, Size + 3> text;
        char* const begin = text.data() + (first_ ? 1 : 0);
        text[0] = ',';
        text[1] = '"';
        std::memcpy(text.data() + 2, name, Size - 1);
        text[Size + 1] = '"';
        text[Size + 2] = ':';
        out_.append(begin, static_cast<std::size_t>(text.data() + text.size() - begin));
        first_ = true;  // the value follows its key without a comma
        return *this;
    }

    json_writer& value(std::string_view text);
    json_writer& value(const char* text) { return value(std::string_view{text}); }
    json_writer& value(const std::string& text) { return value(std::string_view{text}); }
    json_writer& value(std::int64_t number);
    json_writer& value(std::uint64_t number);
    json_writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
    json_writer& value(std::uint32_t number) { return value(static_cast<std::uint64_t>(number)); }
    /// Finite numbers only; an integral double keeps a `.0`, as Python writes it.
    json_writer& value(double number);
    json_writer& value(bool flag);
    json_writer& value(unix_micros time);
    json_writer& null();
    /// `json` must be one complete JSON value; it is copied as it is.
    json_writer& raw(std::string_view json);

    template <class T>
    json_writer& value(const std::optional<T>& maybe) {
        return maybe ? value(*maybe) : null();
    }
    template <class T>
    json_writer& member(std::string_view name, const T& v) {
        return key(name).value(v);
    }
    template <std::size_t Size, class T>
    json_writer& member(const char (&name)[Size], const T& v) {
        return key(name).value(v);
    }

  private:
    void separate();

    std::string& out_;
    bool first_ = true;  // no comma before the next value
};

/// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace valhalla
