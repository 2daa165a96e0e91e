// SPDX-License-Identifier: Apache-2.0
#include "schema/import_fields.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "schema/limits.hpp"

namespace valhalla::schema {

namespace {

/// Levenshtein's.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replace = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replace, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string unknown_key_message(std::string_view key, std::span<const std::string_view> known) {
    std::string message = "is not known here";
    if (key.size() > limits::import_name_bytes) {
        return message;
    }
    const auto near = std::ranges::min_element(known, {}, [&](std::string_view k) { return distance(key, k); });
    if (near != known.end() && distance(key, *near) <= key.size() / 2) {
        message.append("; \"").append(*near).append("\" is");
    }
    return message;
}

void expect(const import_source& source, const json_value& v, json_kind kind) {
    if (!v.is(kind)) {
        source.refuse(v, "must be " + std::string{to_text(kind)} + ", not " + std::string{to_text(v.kind())});
    }
}

unix_micros read_time(const import_source& source, const json_value& v) {
    expect(source, v, json_kind::string);
    const auto time = parse_utc(v.string());
    if (!time) {
        source.refuse(v, "must be a UTC time such as 2026-11-22T09:08:43.347626Z");
    }
    return *time;
}

band read_band(const import_source& source, const json_value& v) {
    expect(source, v, json_kind::string);
    const auto found = parse_band(v.string());
    if (!found) {
        source.refuse(v, std::string{v.raw()} + R"( is not a band; there are "A", "B", "C" and "D")");
    }
    return *found;
}

health_level read_level(const import_source& source, const json_value& v) {
    expect(source, v, json_kind::string);
    const auto found = parse_health_level(v.string());
    if (!found) {
        source.refuse(v, std::string{v.raw()} + R"( is not a status; there are "green", "yellow" and "red")");
    }
    return *found;
}

template <class Read>
auto unless_null(const import_source& source, const json_value& v, Read read)
    -> std::optional<decltype(read(source, v))> {
    if (v.is(json_kind::null)) {
        return std::nullopt;
    }
    return read(source, v);
}

}  // namespace

void refuse_file(std::string_view file, std::string message) {
    throw import_failure{{std::string{file}, 0, {}, std::move(message)}};
}

void import_source::refuse(const json_value& at, std::string message) const {
    throw import_failure{{std::string{file}, first_line + at.line() - 1, at.path(), std::move(message)}};
}

void import_source::refuse_missing(const json_value& object, std::string_view key) const {
    auto path = object.path();
    path.append(path.empty() ? "" : ".").append(key);
    throw import_failure{{std::string{file}, first_line + object.line() - 1, std::move(path), "is missing"}};
}

void import_source::parse(std::string_view text, json_document& into, unsigned max_depth) const {
    if (auto error = into.parse(text, max_depth)) {
        throw import_failure{
            {std::string{file}, first_line + error->line - 1, std::move(error->key), std::move(error->message)}};
    }
}

import_object::import_object(const import_source& source, const json_value& v, std::span<const std::string_view> known)
    : source_{source}, object_{v} {
    expect(source, v, json_kind::object);
    for (const auto member : v) {
        if (std::ranges::find(known, member.key()) == known.end()) {
            source.refuse(member, unknown_key_message(member.key(), known));
        }
    }
}

json_value import_object::need(std::string_view key) const {
    const auto found = object_.find(key);
    if (!found) {
        source_.refuse_missing(object_, key);
    }
    return *found;
}

bool import_object::flag(std::string_view key) const {
    const auto v = need(key);
    expect(source_, v, json_kind::boolean);
    return v.boolean();
}

std::string import_object::text(std::string_view key) const {
    return read_text(source_, need(key));
}

std::optional<std::string> import_object::maybe_text(std::string_view key) const {
    return unless_null(source_, need(key), read_text);
}

unix_micros import_object::time(std::string_view key) const {
    return read_time(source_, need(key));
}

std::optional<unix_micros> import_object::maybe_time(std::string_view key) const {
    return unless_null(source_, need(key), read_time);
}

band import_object::which_band(std::string_view key) const {
    return read_band(source_, need(key));
}

std::optional<band> import_object::maybe_band(std::string_view key) const {
    return unless_null(source_, need(key), read_band);
}

health_level import_object::level(std::string_view key) const {
    return read_level(source_, need(key));
}

std::optional<health_level> import_object::maybe_level(std::string_view key) const {
    return unless_null(source_, need(key), read_level);
}

json_value import_object::object(std::string_view key) const {
    const auto v = need(key);
    expect(source_, v, json_kind::object);
    return v;
}

json_value import_object::array(std::string_view key) const {
    const auto v = need(key);
    expect(source_, v, json_kind::array);
    return v;
}

std::string import_object::name(std::string_view key) const {
    const auto v = need(key);
    return checked_name(source_, v, read_text(source_, v));
}

std::string read_text(const import_source& source, const json_value& v) {
    expect(source, v, json_kind::string);
    if (v.string().find('\0') != std::string_view::npos) {
        source.refuse(v, "must not contain a NUL character");
    }
    return std::string{v.string()};
}

std::string checked_name(const import_source& source, const json_value& at, std::string text) {
    if (text.empty()) {
        source.refuse(at, "must not be empty");
    }
    if (text.size() > limits::import_name_bytes) {
        source.refuse(at, "is longer than " + std::to_string(limits::import_name_bytes) + " bytes");
    }
    return text;
}

}  // namespace valhalla::schema
