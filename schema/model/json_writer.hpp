// SPDX-License-Identifier: Apache-2.0
//
// Writes compact JSON at the end of a string, in the order of the calls. Audit records are hashed as bytes, so
// their text must be the same for the same data on every build: key order is the caller's, numbers are shortest
// round-trip, nothing is escaped that RFC 8259 does not demand.
#pragma once

#include <cstdint>
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

  private:
    void separate();

    std::string& out_;
    bool first_ = true;  // no comma before the next value
};

/// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace valhalla
