// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/tile_path.hpp"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace valhalla::schema {

namespace {

constexpr std::string_view tile_word = "tile/";
constexpr std::string_view entries_word = "entries";
constexpr std::string_view partial_word = ".p/";
constexpr unsigned full_width = 256;
constexpr std::uint64_t group = 1000;

std::string index_text(std::uint64_t index) {
    auto text = fmt::format("{:03}", index % group);
    for (index /= group; index != 0; index /= group) {
        text = fmt::format("x{:03}/{}", index % group, text);
    }
    return text;
}

template <class Number>
std::optional<Number> number_of(std::string_view digits) {
    Number number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool all = error == std::errc{} && end == digits.data() + digits.size();
    return all ? std::optional{number} : std::nullopt;
}

/// Lenient about form (the caller writes the path anew and compares), strict about size.
std::optional<std::uint64_t> index_of(std::string_view text) {
    std::uint64_t index = 0;
    while (!text.empty()) {
        const auto end = text.find('/');
        auto digits = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (digits.starts_with('x')) {
            digits.remove_prefix(1);
        }
        const auto value = number_of<std::uint64_t>(digits);
        if (!value || *value >= group || index > (std::numeric_limits<std::uint64_t>::max() - *value) / group) {
            return std::nullopt;
        }
        index = index * group + *value;
    }
    return index;
}

}  // namespace

std::string tile_path::text() const {
    auto path = level ? fmt::format("{}{}/", tile_word, *level) : fmt::format("{}{}/", tile_word, entries_word);
    path += index_text(index);
    if (width != full_width) {
        path += fmt::format("{}{}", partial_word, width);
    }
    return path;
}

std::optional<tile_path> tile_path::parse(std::string_view text) {
    auto rest = text;
    if (!rest.starts_with(tile_word)) {
        return std::nullopt;
    }
    rest.remove_prefix(tile_word.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    tile_path parsed;
    if (const auto what = rest.substr(0, slash); what != entries_word) {
        parsed.level = number_of<unsigned>(what);
        if (!parsed.level || *parsed.level > max_tile_level) {
            return std::nullopt;
        }
    }
    rest.remove_prefix(slash + 1);
    if (const auto partial = rest.find(partial_word); partial != std::string_view::npos) {
        const auto width = number_of<unsigned>(rest.substr(partial + partial_word.size()));
        if (!width || *width == 0 || *width >= full_width) {
            return std::nullopt;
        }
        parsed.width = *width;
        rest = rest.substr(0, partial);
    }
    const auto index = index_of(rest);
    if (!index) {
        return std::nullopt;
    }
    parsed.index = *index;
    return parsed.text() == text ? std::optional{parsed} : std::nullopt;
}

unsigned width_at(std::uint64_t hashes, std::uint64_t index) noexcept {
    const auto full = hashes / full_width;
    return index < full ? full_width : index == full ? static_cast<unsigned>(hashes % full_width) : 0;
}

}  // namespace valhalla::schema
